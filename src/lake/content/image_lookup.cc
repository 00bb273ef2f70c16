#include "lake/content/image_lookup.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "file/blob/blob_reader.h"
#include "image/hash/sha256.h"
#include "lake/content/image_finder.h"
#include "table/row/gated_read.h"
#include "table/row/row_gate.h"

namespace pixlake::lake {
namespace {

// Physical position of the `logical`-th row that is not deleted.
int64_t PhysicalRow(const table::ScanTask& task, int64_t logical) {
  if (task.deleted_rows == nullptr) return logical;
  int64_t row = logical;
  for (const uint64_t deleted : *task.deleted_rows) {
    if (static_cast<int64_t>(deleted) > row) break;
    ++row;
  }
  return row;
}

class Lookup {
 public:
  Lookup(std::shared_ptr<io::Store> store, std::shared_ptr<const table::Snapshot> snapshot,
         std::string column)
      : store_(std::move(store)), snapshot_(std::move(snapshot)), column_(std::move(column)) {}

  Result<FoundImage> ByRow(int64_t wanted) const {
    table::ScanRequest request;
    request.columns = {column_};
    PL_ASSIGN_OR_RETURN(const table::ScanPlan plan, snapshot_->PlanScan(request));
    if (plan.gate != nullptr) return ByVisibleRow(wanted);
    int64_t before = 0;
    for (const table::ScanTask& task : plan.tasks) {
      PL_ASSIGN_OR_RETURN(const int64_t rows, LiveRows(task));
      if (wanted - before < rows) return ReadBlob(plan, task, PhysicalRow(task, wanted - before));
      before += rows;
    }
    return Error(ErrorCode::kNotFound,
                 fmt::format("there is no row {}; the table has {} rows", wanted, before));
  }

  Result<FoundImage> ById(const std::string& id) const {
    table::ScanRequest request;
    request.columns = {"id"};
    request.predicate = table::Compare({"id"}, table::CompareOp::kEq, {arrow::MakeScalar(id)});
    PL_ASSIGN_OR_RETURN(const table::ScanPlan plan, snapshot_->PlanScan(request));
    if (plan.gate != nullptr) return ByVisibleId(id);
    for (const table::ScanTask& scanned : plan.tasks) {
      // Row groups that were skipped would shift positions, so only files are pruned.
      table::ScanPlan whole = plan;
      whole.predicate = {};
      PL_ASSIGN_OR_RETURN(const auto reader, table::ReadTask(store_, whole, scanned));
      int64_t logical = 0;
      while (true) {
        PL_ASSIGN_OR_RETURN(const auto batch, reader->Next());
        if (batch == nullptr) break;
        PL_RETURN_NOT_OK(CheckStopped());
        const auto& ids = static_cast<const arrow::StringArray&>(*batch->column(0));
        for (int64_t i = 0; i < ids.length(); ++i) {
          if (ids.IsValid(i) && ids.GetView(i) == id)
            return ReadBlob(plan, scanned, PhysicalRow(scanned, logical + i));
        }
        logical += batch->num_rows();
      }
    }
    return Error(ErrorCode::kNotFound, fmt::format("no row has id '{}'", id));
  }

  Result<FoundImage> ByContent(const std::string& sha256) const {
    table::ScanRequest request;
    request.columns = {column_};
    PL_ASSIGN_OR_RETURN(const table::ScanPlan plan, snapshot_->PlanScan(request));
    for (const table::ScanTask& task : plan.tasks) {
      PL_ASSIGN_OR_RETURN(const auto reader, table::ReadTask(store_, plan, task));
      int64_t logical = 0;
      while (true) {
        PL_ASSIGN_OR_RETURN(const auto batch, reader->Next());
        if (batch == nullptr) break;
        PL_RETURN_NOT_OK(CheckStopped());
        const auto& blobs = static_cast<const arrow::BinaryArray&>(*batch->column(0));
        for (int64_t i = 0; i < blobs.length(); ++i) {
          if (blobs.IsNull(i) || image::Sha256Hex(blobs.GetView(i)) != sha256) continue;
          return FoundImage{arrow::Buffer::FromString(std::string(blobs.GetView(i))), task.path,
                            plan.gate != nullptr ? -1 : PhysicalRow(task, logical + i)};
        }
        logical += batch->num_rows();
      }
    }
    return Error(ErrorCode::kNotFound, fmt::format("no image has the SHA-256 {}", sha256));
  }

 private:
  // Rows are counted as whoever asks sees them.
  Result<FoundImage> ByVisibleRow(int64_t wanted) const {
    int64_t row = 0;
    return FirstVisible(
        {table::kPositionColumn}, [&](const arrow::RecordBatch&, int64_t) { return row++ == wanted; },
        fmt::format("there is no row {}", wanted));
  }

  Result<FoundImage> ByVisibleId(const std::string& id) const {
    const auto is_it = [&](const arrow::RecordBatch& batch, int64_t row) {
      const auto& ids = static_cast<const arrow::StringArray&>(*batch.column(1));
      return ids.IsValid(row) && ids.GetView(row) == id;
    };
    return FirstVisible({table::kPositionColumn, "id"}, is_it, fmt::format("no row has id '{}'", id));
  }

  template <typename Wanted>
  Result<FoundImage> FirstVisible(std::vector<std::string> columns, Wanted wanted,
                                  const std::string& none) const {
    table::ScanRequest request;
    request.columns = std::move(columns);
    PL_ASSIGN_OR_RETURN(const table::ScanPlan plan, snapshot_->PlanScan(request));
    for (const table::ScanTask& task : plan.tasks) {
      PL_ASSIGN_OR_RETURN(const auto reader, table::ReadTask(store_, plan, task));
      while (true) {
        PL_RETURN_NOT_OK(CheckStopped());
        PL_ASSIGN_OR_RETURN(const auto batch, reader->Next());
        if (batch == nullptr) break;
        const auto& positions = static_cast<const arrow::Int64Array&>(*batch->column(0));
        for (int64_t i = 0; i < batch->num_rows(); ++i) {
          if (!wanted(*batch, i)) continue;
          const int64_t row = positions.Value(i);
          PL_ASSIGN_OR_RETURN(auto value,
                              table::ReadThroughGate(*snapshot_, store_, task.path, row, column_));
          if (value && value->bytes != nullptr) return FoundImage{std::move(value->bytes), task.path, row};
          return Error(ErrorCode::kNotFound,
                       fmt::format("the image at row {} of {} is null", row, task.path));
        }
      }
    }
    return Error(ErrorCode::kNotFound, none);
  }

  Result<std::unique_ptr<file::BlobReader>> OpenBlobs(const table::ScanTask& task) const {
    PL_ASSIGN_OR_RETURN(auto input, table::StoreOf(task, store_)->OpenInput(task.path));
    return file::BlobReader::Open(std::move(input), task.path);
  }

  Result<int64_t> LiveRows(const table::ScanTask& task) const {
    const auto deleted = static_cast<int64_t>(task.deleted_rows != nullptr ? task.deleted_rows->size() : 0);
    if (task.num_rows >= 0) return task.num_rows - deleted;
    PL_ASSIGN_OR_RETURN(const auto reader, OpenBlobs(task));
    return reader->num_rows() - deleted;
  }

  Result<FoundImage> ReadBlob(const table::ScanPlan& plan, const table::ScanTask& task, int64_t row) const {
    const int field = plan.table_schema->GetFieldIndex(column_);
    const std::string& physical = plan.mapping[static_cast<size_t>(field)].physical_name;
    PL_ASSIGN_OR_RETURN(const auto reader, OpenBlobs(task));
    PL_ASSIGN_OR_RETURN(auto bytes, reader->Read(physical.empty() ? column_ : physical, row));
    if (bytes == nullptr)
      return Error(ErrorCode::kNotFound, fmt::format("the image at row {} of {} is null", row, task.path));
    return FoundImage{std::move(bytes), task.path, row};
  }

  const std::shared_ptr<io::Store> store_;
  const std::shared_ptr<const table::Snapshot> snapshot_;
  const std::string column_;
};

}  // namespace

Result<std::string> BlobColumnOf(const arrow::Schema& schema, const std::string& wanted) {
  std::vector<std::string> blobs;
  for (const auto& field : schema.fields()) {
    if (field->type()->id() == arrow::Type::BINARY) blobs.push_back(field->name());
  }
  const auto has = [&](const std::string& name) {
    return std::find(blobs.begin(), blobs.end(), name) != blobs.end();
  };
  if (!wanted.empty()) {
    if (has(wanted)) return wanted;
    return Error(ErrorCode::kUsage, fmt::format("'{}' is not a binary column of the table ({})", wanted,
                                                fmt::join(blobs, ", ")));
  }
  for (const char* usual : {"content", "image_binary"}) {
    if (has(usual)) return std::string(usual);
  }
  if (blobs.size() == 1) return blobs.front();
  return Error(ErrorCode::kUsage,
               blobs.empty() ? std::string("the table has no binary column")
                             : fmt::format("say which column with --column: {}", fmt::join(blobs, ", ")));
}

namespace {

// The index follows the latest state of the lake's tables; other tables' folders are
// left as they are.
bool UsesIndex(const session::Session& session, const LookupRequest& request, const io::Location& place) {
  if (request.version.version || request.version.as_of_ms || !IsContentId(*request.id)) return false;
  if (!request.column.empty() && request.column != "content") return false;
  if (session.has_lake() && catalog::ParseTableName(request.table)) return true;
  const auto there = place.store->Exists(place.Child("_pixlake"));
  return there.ok() && *there;
}

}  // namespace

Result<FoundImage> FindImage(const session::Session& session, const LookupRequest& request) {
  const StopScope scope = session.Enter();
  if (request.id.has_value() == request.row.has_value())
    return Error(ErrorCode::kUsage, "give either an ID or --row");
  PL_ASSIGN_OR_RETURN(session::ReadableTable opened, session.OpenToRead(request.table, request.version));
  const std::unique_ptr<table::Table> table = std::move(opened.table);
  std::shared_ptr<const table::Snapshot> snapshot = std::move(opened.rows);
  const arrow::Schema& schema = *snapshot->definition().schema;
  PL_ASSIGN_OR_RETURN(std::string column, BlobColumnOf(schema, request.column));
  const auto id_field = schema.GetFieldByName("id");
  const Lookup lookup(table->location().store, std::move(snapshot), std::move(column));
  if (request.row) {
    if (*request.row < 0) return Error(ErrorCode::kUsage, "--row counts from 0");
    return lookup.ByRow(*request.row);
  }
  if (id_field != nullptr && id_field->type()->id() == arrow::Type::STRING) {
    if (UsesIndex(session, request, table->location())) {
      const auto finder = ImageFinder::Open(session, request.table);
      // A folder that may not be written to has no index; the scan finds it as well.
      if (finder.ok()) {
        PL_ASSIGN_OR_RETURN(auto found, (*finder)->Find(*request.id));
        if (!found) return Error(ErrorCode::kNotFound, fmt::format("no row has id '{}'", *request.id));
        return FoundImage{std::move(found->bytes), std::move(found->file), found->row};
      }
    }
    return lookup.ById(*request.id);
  }
  if (!IsContentId(*request.id)) {
    return Error(ErrorCode::kUsage,
                 fmt::format("the table has no column 'id', so an ID is the image's SHA-256 in 64 lower-case "
                             "hex digits; '{}' is not one (or use --row N)",
                             *request.id));
  }
  return lookup.ByContent(*request.id);
}

}  // namespace pixlake::lake
