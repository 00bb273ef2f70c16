#include "lake/content/image_finder.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <fmt/format.h>

#include "image/hash/sha256_batch.h"
#include "table/row/gated_read.h"
#include "table/row/row_gate.h"

namespace pixlake::lake {
namespace {

constexpr char kKeptBeside[] = "_pixlake/blobs/";

bool HasType(const arrow::Schema& schema, const char* name, arrow::Type::type type) {
  const auto field = schema.GetFieldByName(name);
  return field != nullptr && field->type()->id() == type;
}

}  // namespace

bool IsContentId(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<std::unique_ptr<ImageFinder>> ImageFinder::Open(const session::Session& session,
                                                       const std::string& table) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(session::ReadableTable opened, session.OpenToRead(table));
  const io::Location place = opened.table->location();
  const arrow::Schema& schema = *opened.snapshot->definition().schema;
  if (!HasType(schema, "id", arrow::Type::STRING) || !HasType(schema, "content", arrow::Type::BINARY)) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} has no columns `id string` and `content binary`", place.path));
  }
  IdIndexOptions options;
  options.memory_bytes = session.Plan(Work::kLookUp).index;
  PL_ASSIGN_OR_RETURN(auto index, IdIndex::Open(place, opened.snapshot, options));
  return std::unique_ptr<ImageFinder>(new ImageFinder(place, std::move(index), std::move(opened.rows)));
}

Result<std::optional<ImageFinder::Found>> ImageFinder::Find(std::string_view id) const {
  if (!IsContentId(id)) {
    return Error(ErrorCode::kUsage,
                 fmt::format("an id is a SHA-256 in 64 lower-case hex digits; '{}' is not one", id));
  }
  PL_ASSIGN_OR_RETURN(const auto place, index_->Find(*image::FromHex(id)));
  if (!place) return std::optional<Found>();
  std::shared_ptr<arrow::Buffer> bytes;
  if (const auto gate = table::GateOf(*rows_); gate != nullptr) {
    // The index is of all rows: whether this one may be seen, and how, the gate says.
    PL_ASSIGN_OR_RETURN(auto value,
                        table::ReadThroughGate(*rows_, place_.store, place->file, place->row, "content"));
    if (!value) return std::optional<Found>();
    const auto& masks = gate->masks();
    if (value->bytes == nullptr && std::find(masks.begin(), masks.end(), "content") != masks.end())
      return Error(ErrorCode::kNotFound,
                   fmt::format("the content at row {} of {} is null", place->row, place->file));
    bytes = std::move(value->bytes);
  } else {
    PL_ASSIGN_OR_RETURN(bytes, index_->Read(*place));
  }
  if (bytes != nullptr) return std::optional(Found{std::move(bytes), place->file, place->row});
  // Too large for the table: it lies beside it, under its id.
  const std::string beside = place_.Child(kKeptBeside + std::string(id));
  PL_ASSIGN_OR_RETURN(const bool there, place_.store->Exists(beside));
  if (!there) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("the content at row {} of {} is null", place->row, place->file));
  }
  std::shared_ptr<arrow::io::RandomAccessFile> file;
  if (place_.store->scheme() == "file") {
    PL_ASSIGN_OR_RETURN(file, arrow::io::MemoryMappedFile::Open(beside, arrow::io::FileMode::READ));
  } else {
    PL_ASSIGN_OR_RETURN(file, place_.store->OpenInput(beside));
  }
  PL_ASSIGN_OR_RETURN(const int64_t size, file->GetSize());
  PL_ASSIGN_OR_RETURN(bytes, file->ReadAt(0, size));
  return std::optional(Found{std::move(bytes), beside, -1});
}

}  // namespace pixlake::lake
