#include <set>

#include <arrow/api.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>

#include "delta/deletion_vector_internal.h"
#include "delta/delta_table_internal.h"
#include "delta/file_stats_internal.h"
#include "delta/table_path_internal.h"
#include "file/data_statistics.h"
#include "file/page_checksums.h"

namespace pixlake::delta {

namespace {

struct Footer {
  int64_t num_rows = 0;
  file::DataStatistics statistics;
};

Result<Footer> ReadFooter(const io::Location& table, const std::string& path) {
  PL_ASSIGN_OR_RETURN(auto input, table.store->OpenInput(path));
  try {
    const auto reader = parquet::ParquetFileReader::Open(input);
    const auto metadata = reader->metadata();
    std::shared_ptr<arrow::Schema> schema;
    PL_RETURN_NOT_OK(parquet::arrow::FromParquetSchema(metadata->schema(),
                                                       parquet::default_arrow_reader_properties(),
                                                       metadata->key_value_metadata(), &schema));
    Footer footer;
    footer.num_rows = metadata->num_rows();
    // Statistics that cannot be typed are no fault of the file.
    footer.statistics = file::CollectStatistics(*metadata, *schema).ValueOr({});
    return footer;
  } catch (const std::exception& error) {
    return Error(ErrorCode::kCorrupt, fmt::format("{} is no readable Parquet file: {}", path, error.what()));
  }
}

// Whether a bound of the file's own lies outside what the log says.
bool OutsideRange(const table::ValueRange& range, const file::ColumnStatistics& column) {
  const auto misses = [&](const std::shared_ptr<arrow::Scalar>& bound) {
    // Logs write 32-bit floats as short decimals, which the bound itself misses by a hair.
    return bound != nullptr && bound->type->id() != arrow::Type::BINARY &&
           bound->type->id() != arrow::Type::FLOAT &&
           !table::MayMatch({{}, table::CompareOp::kEq, {bound}}, range);
  };
  return misses(column.min) || misses(column.max);
}

// The type by which a physical column's statistics are read; null when unknown.
std::shared_ptr<arrow::DataType> TypeAt(const DeltaSnapshot& snapshot, const std::vector<std::string>& path) {
  std::shared_ptr<arrow::DataType> type = arrow::struct_(snapshot.state().schema->fields());
  const std::vector<table::FieldMapping>* mappings = &snapshot.mapping();
  for (const std::string& name : path) {
    const auto found = std::find_if(mappings->begin(), mappings->end(),
                                    [&](const auto& mapping) { return mapping.physical_name == name; });
    if (type->id() != arrow::Type::STRUCT || found == mappings->end()) {
      return nullptr;
    }
    type = type->field(static_cast<int>(found - mappings->begin()))->type();
    mappings = &found->children;
  }
  return type;
}

class Checker {
 public:
  Checker(const DeltaSnapshot& snapshot, table::CheckReport* report) : snapshot_(snapshot), report_(report) {}

  void CheckFile(const AddFile& file) {
    const Status status = CheckFileOrFail(file);
    if (!status.ok()) {
      Problem(file.path, status.message());
    }
    ++report_->files_checked;
  }

 private:
  void Problem(const std::string& path, std::string what) {
    report_->problems.push_back({path, std::move(what)});
  }

  Status CheckFileOrFail(const AddFile& file) {
    PL_ASSIGN_OR_RETURN(const std::string path, ResolvePath(snapshot_.location(), file.path));
    PL_ASSIGN_OR_RETURN(const io::ObjectInfo object, snapshot_.location().store->Stat(path));
    if (object.size != file.size) {
      Problem(file.path, fmt::format("has {} bytes, the log says {}", object.size, file.size));
    }
    PL_ASSIGN_OR_RETURN(const Footer footer, ReadFooter(snapshot_.location(), path));
    const FileStats stats(file.stats, file.deletion_vector.has_value());
    if (stats.num_records() >= 0 && stats.num_records() != footer.num_rows) {
      Problem(file.path, fmt::format("has {} rows, the log says {}", footer.num_rows, stats.num_records()));
    }
    for (const file::ColumnStatistics& column : footer.statistics.columns) {
      const std::shared_ptr<arrow::DataType> type = TypeAt(snapshot_, column.path);
      if (type != nullptr && OutsideRange(stats.RangeOf(column.path, type), column)) {
        Problem(file.path, fmt::format("column `{}` has values outside the log's minimum and maximum",
                                       column.path.back()));
      }
    }
    PL_ASSIGN_OR_RETURN(const auto input, snapshot_.location().store->OpenInput(path));
    PL_RETURN_NOT_OK(file::CheckPages(input.get(), path).status());
    int64_t rows = footer.num_rows;
    if (file.deletion_vector) {
      PL_ASSIGN_OR_RETURN(const auto deleted,
                          ReadDeletionVector(snapshot_.location(), *file.deletion_vector, footer.num_rows));
      rows -= static_cast<int64_t>(deleted.size());
    }
    report_->rows += rows;
    return Status::OK();
  }

  const DeltaSnapshot& snapshot_;
  table::CheckReport* report_;
};

// Data files in the folders the log knows that no version of it names.
Result<int64_t> CountUnreferenced(const io::Location& table, const TableState& state) {
  std::set<std::string> known;
  std::set<std::string> folders = {table.path};
  const auto learn = [&](const std::string& log_path) {
    const Result<std::string> path = ResolvePath(table, log_path);
    if (path.ok()) {
      known.insert(*path);
      const std::string folder = path->substr(0, path->rfind('/'));
      if (folder.starts_with(table.path)) {
        folders.insert(folder);
      }
    }
  };
  for (const AddFile& file : state.files) {
    learn(file.path);
  }
  for (const RemoveFile& file : state.tombstones) {
    learn(file.path);
  }
  int64_t count = 0;
  for (const std::string& folder : folders) {
    PL_ASSIGN_OR_RETURN(const auto objects, table.store->List(folder));
    count += std::count_if(objects.begin(), objects.end(), [&](const io::ObjectInfo& object) {
      const std::string_view name = std::string_view(object.path).substr(object.path.rfind('/') + 1);
      // Hidden ".….parquet.….tmp" is what our own writers leave when they are killed.
      const bool data = name.ends_with(".parquet") && !name.starts_with('.') && !name.starts_with('_');
      const bool left = name.starts_with('.') && name.ends_with(".tmp");
      return left || (data && !known.contains(object.path));
    });
  }
  return count;
}

void CheckLog(const LogListing& listing, int64_t version, table::CheckReport* report) {
  std::optional<int64_t> previous;
  for (const auto& [commit, object] : listing.commits) {
    if (previous && commit != *previous + 1) {
      report->problems.push_back(
          {"_delta_log", fmt::format("commits {} to {} are missing", *previous + 1, commit - 1)});
    }
    previous = commit;
  }
  // Later ones than ours are another writer's, come meanwhile.
  if (previous.value_or(version) < version) {
    report->problems.push_back(
        {"_delta_log", fmt::format("the last commit is {}, not {}", *previous, version)});
  }
}

}  // namespace

Result<table::CheckReport> CheckTable(const io::Location& table) {
  PL_ASSIGN_OR_RETURN(TableState state, LoadState(table, std::nullopt, true));
  PL_ASSIGN_OR_RETURN(const auto snapshot, DeltaSnapshot::Make(table, std::move(state)));
  table::CheckReport report;
  report.version = snapshot->version();
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(table));
  CheckLog(listing, report.version, &report);
  Checker checker(*snapshot, &report);
  for (const AddFile& file : snapshot->state().files) {
    checker.CheckFile(file);
  }
  PL_ASSIGN_OR_RETURN(report.unreferenced_files, CountUnreferenced(table, snapshot->state()));
  return report;
}

}  // namespace pixlake::delta
