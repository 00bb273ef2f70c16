#include <map>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "delta/care/check_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/stats/file_stats_internal.h"
#include "delta/stats/footer_internal.h"
#include "delta/vector/deletion_vector_internal.h"
#include "file/page/page_checksums.h"

namespace pixlake::delta {

namespace {

constexpr char kNameNoMore[] = "the log names it no longer; its rows are lost";
constexpr char kRestate[] = "its statistics are collected anew";

// Whether a bound of the file's own lies outside what the log says.
bool OutsideRange(const table::ValueRange& range, const file::ColumnStatistics& column) {
  const auto misses = [&](const std::shared_ptr<arrow::Scalar>& bound) {
    // Logs write 32-bit floats as short decimals, which the bound itself misses by a hair.
    return bound != nullptr && bound->type->id() != arrow::Type::BINARY &&
           bound->type->id() != arrow::Type::FLOAT && !table::MayContain(range, *bound);
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
  explicit Checker(Findings* findings) : findings_(findings), snapshot_(*findings->snapshot) {}

  Status CheckFile(const AddFile& file) {
    PL_RETURN_NOT_OK(CheckStopped());
    const size_t before = findings_->report.problems.size();
    const Status status = CheckFileOrFail(file);
    if (!status.ok() && CodeOf(status) == ErrorCode::kCancelled) {
      return status;
    }
    if (!status.ok()) {
      Problem(file.path, status.message());
    }
    // Only of a file that nothing else is wrong with.
    if (misstated_ > 0 && findings_->report.problems.size() == before + misstated_) {
      findings_->misstated.push_back(&file);
    }
    misstated_ = 0;
    ++findings_->report.files_checked;
    return Status::OK();
  }

 private:
  void Problem(const std::string& path, std::string what, std::string repair = "") {
    findings_->report.problems.push_back({path, std::move(what), std::move(repair)});
  }

  void Misstated(const std::string& path, std::string what) {
    ++misstated_;
    Problem(path, std::move(what), kRestate);
  }

  Status CheckFileOrFail(const AddFile& file) {
    const io::Location& table = snapshot_.location();
    PL_ASSIGN_OR_RETURN(const std::string path, ResolvePath(table, file.path));
    const Result<io::ObjectInfo> object = table.store->Stat(path);
    if (!object.ok() && CodeOf(object.status()) == ErrorCode::kNotFound) {
      PL_ASSIGN_OR_RETURN(const bool gone, IsGone(path));
      if (gone) {
        findings_->gone.push_back(&file);
      }
      Problem(file.path, object.status().message(), gone ? kNameNoMore : "");
      return Status::OK();
    }
    PL_RETURN_NOT_OK(object.status());
    if (object->size != file.size) {
      Problem(file.path, fmt::format("has {} bytes, the log says {}", object->size, file.size));
    }
    PL_ASSIGN_OR_RETURN(const Footer footer, ReadFooter(table, path, snapshot_.mapping()));
    CheckStatistics(file, footer);
    PL_ASSIGN_OR_RETURN(const auto input, table.store->OpenInput(path));
    PL_RETURN_NOT_OK(file::CheckPages(input.get(), path).status());
    int64_t rows = footer.num_rows;
    if (file.deletion_vector) {
      PL_ASSIGN_OR_RETURN(const auto deleted,
                          ReadDeletionVector(table, *file.deletion_vector, footer.num_rows));
      rows -= static_cast<int64_t>(deleted.size());
    }
    findings_->report.rows += rows;
    return Status::OK();
  }

  // Of a file that is not there. One of another table (a clone's) may be on a disk that is not
  // mounted: it is gone only where others are beside it.
  Result<bool> IsGone(const std::string& path) {
    const io::Location& table = snapshot_.location();
    if (path.starts_with(table.path + "/")) {
      return true;
    }
    const std::string folder = path.substr(0, path.rfind('/'));
    const auto known = has_files_.find(folder);
    if (known != has_files_.end()) {
      return known->second;
    }
    PL_ASSIGN_OR_RETURN(const auto beside, table.store->List(folder));
    return has_files_[folder] = !beside.empty();
  }

  void CheckStatistics(const AddFile& file, const Footer& footer) {
    const FileStats stats(file.stats, file.deletion_vector.has_value());
    if (stats.num_records() >= 0 && stats.num_records() != footer.num_rows) {
      Misstated(file.path, fmt::format("has {} rows, the log says {}", footer.num_rows, stats.num_records()));
    }
    for (const file::ColumnStatistics& column : footer.statistics.columns) {
      const std::shared_ptr<arrow::DataType> type = TypeAt(snapshot_, column.path);
      if (type != nullptr && OutsideRange(stats.RangeOf(column.path, type), column)) {
        Misstated(file.path, fmt::format("column `{}` has values outside the log's minimum and maximum",
                                         column.path.back()));
      }
    }
  }

  Findings* findings_;
  const DeltaSnapshot& snapshot_;
  std::map<std::string, bool> has_files_;  // folders of other tables
  size_t misstated_ = 0;                   // problems of this kind, of the file at hand
};

}  // namespace

Status CheckFiles(Findings* findings) {
  Checker checker(findings);
  for (const AddFile& file : findings->snapshot->state().files) {
    PL_RETURN_NOT_OK(checker.CheckFile(file));
  }
  return Status::OK();
}

}  // namespace pixlake::delta
