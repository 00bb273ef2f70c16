#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <arrow/api.h>

#include "base/stop/stop_token.h"
#include "base/uuid.h"
#include "query/mention/scan_literals_internal.h"
#include "query/scan/carried_blobs_internal.h"

namespace pixlake::query {
namespace {

constexpr size_t kKeyBytes = 32;  // a UUID's hex digits, 122 random bits
constexpr size_t kMostFilesOpen = 32;

// Behind the key: scan, task, column, row.
using WordPlace = std::array<uint64_t, 4>;
constexpr size_t kWordBytes = kKeyBytes + sizeof(WordPlace);

std::string NewKey() {
  std::string key = NewUuid();
  std::erase(key, '-');
  key.resize(kKeyBytes, '.');
  return key;
}

}  // namespace

CarriedBlobs::CarriedBlobs(std::set<std::string> looked_into, int64_t batch_bytes)
    : looked_into_(std::move(looked_into)), batch_bytes_(batch_bytes), key_(NewKey()) {}

std::vector<int> CarriedBlobs::ColumnsOf(const io::Store& store, const table::ScanPlan& plan) const {
  std::vector<int> columns;
  // What a gate may hide or change is read through it, never by its place.
  if (store.scheme() != "file" || plan.gate != nullptr) return columns;
  for (int i = 0; i < plan.output_schema->num_fields(); ++i) {
    const arrow::Field& field = *plan.output_schema->field(i);
    if (field.type()->id() == arrow::Type::BINARY && !looked_into_.contains(LowerCase(field.name())))
      columns.push_back(i);
  }
  return columns;
}

size_t CarriedBlobs::Add(std::shared_ptr<io::Store> store, const table::ScanPlan& plan,
                         const std::vector<int>& columns) {
  auto scan = std::make_shared<Scan>();
  scan->store = std::move(store);
  scan->plan = plan;
  for (const int column : columns) scan->columns.push_back(plan.output_schema->field(column)->name());
  const std::lock_guard lock(mutex_);
  scans_.push_back(std::move(scan));
  return scans_.size() - 1;
}

Result<std::shared_ptr<table::RowBlobs>> CarriedBlobs::Open(size_t number, size_t task) const {
  std::shared_ptr<const Scan> scan;
  {
    const std::lock_guard lock(mutex_);
    if (number < scans_.size()) scan = scans_[number];
  }
  if (scan == nullptr || task >= scan->plan.tasks.size())
    return Error(ErrorCode::kInternal, "a blob of no scan was carried");
  PL_ASSIGN_OR_RETURN(auto blobs,
                      table::RowBlobs::Open(scan->store, scan->plan, scan->plan.tasks[task], scan->columns));
  return std::shared_ptr<table::RowBlobs>(std::move(blobs));
}

Result<bool> CarriedBlobs::Holds(size_t scan, size_t task) {
  PL_ASSIGN_OR_RETURN(const auto blobs, Open(scan, task));
  return blobs != nullptr;
}

Result<std::shared_ptr<arrow::Array>> CarriedBlobs::Words(size_t scan, size_t task, size_t column,
                                                          const arrow::Int64Array& positions) const {
  arrow::BinaryBuilder words;
  PL_RETURN_NOT_OK(words.Reserve(positions.length()));
  PL_RETURN_NOT_OK(words.ReserveData(positions.length() * static_cast<int64_t>(kWordBytes)));
  std::string word = key_;
  word.resize(kWordBytes);
  WordPlace place = {scan, task, column, 0};
  for (int64_t i = 0; i < positions.length(); ++i) {
    place[3] = static_cast<uint64_t>(positions.Value(i));
    std::memcpy(word.data() + kKeyBytes, place.data(), sizeof(place));
    words.UnsafeAppend(word);
  }
  return words.Finish();
}

bool CarriedBlobs::IsWord(std::string_view value) const {
  return value.size() == kWordBytes && value.starts_with(key_);
}

Result<table::RowBlobs*> CarriedBlobs::Opened(size_t scan, size_t task) {
  const auto there = std::find_if(open_.begin(), open_.end(), [&](const OpenFile& file) {
    return file.scan == scan && file.task == task;
  });
  if (there != open_.end()) {
    open_.splice(open_.begin(), open_, there);
    return open_.front().blobs.get();
  }
  PL_ASSIGN_OR_RETURN(auto blobs, Open(scan, task));
  if (blobs == nullptr) return Error(ErrorCode::kCorrupt, "a data file changed while it was read");
  open_.push_front({scan, task, std::move(blobs)});
  if (open_.size() > kMostFilesOpen) open_.pop_back();
  return open_.front().blobs.get();
}

Result<std::shared_ptr<arrow::Buffer>> CarriedBlobs::ReadWord(std::string_view word) {
  WordPlace place;
  std::memcpy(place.data(), word.data() + kKeyBytes, sizeof(place));
  PL_ASSIGN_OR_RETURN(table::RowBlobs* const blobs, Opened(place[0], place[1]));
  return blobs->Read(place[2], static_cast<int64_t>(place[3]));
}

Result<std::shared_ptr<arrow::RecordBatch>> CarriedBlobs::Resolve(const arrow::RecordBatch& batch,
                                                                  int64_t* from) {
  std::vector<int> blobs;
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (batch.column(i)->type_id() == arrow::Type::BINARY) blobs.push_back(i);
  }
  // By column, then by row: null where the value stays as it is.
  struct Made {
    bool is_word = false;
    std::shared_ptr<arrow::Buffer> bytes;
  };
  std::vector<std::vector<Made>> made(blobs.size());
  int64_t bytes = 0, end = *from;
  for (; end < batch.num_rows() && (end == *from || bytes < batch_bytes_); ++end) {
    PL_RETURN_NOT_OK(CheckStopped());
    for (size_t i = 0; i < blobs.size(); ++i) {
      const auto& column = static_cast<const arrow::BinaryArray&>(*batch.column(blobs[i]));
      Made value;
      value.is_word = column.IsValid(end) && IsWord(column.GetView(end));
      if (value.is_word) {
        PL_ASSIGN_OR_RETURN(value.bytes, ReadWord(column.GetView(end)));
      }
      if (value.bytes != nullptr) bytes += value.bytes->size();
      made[i].push_back(std::move(value));
    }
  }
  const auto rows = batch.Slice(*from, end - *from);
  arrow::ArrayVector columns = rows->columns();
  for (size_t i = 0; i < blobs.size(); ++i) {
    const auto& given = static_cast<const arrow::BinaryArray&>(*columns[static_cast<size_t>(blobs[i])]);
    if (std::none_of(made[i].begin(), made[i].end(), [](const Made& value) { return value.is_word; }))
      continue;
    arrow::BinaryBuilder built;
    int64_t total = 0;
    for (size_t row = 0; row < made[i].size(); ++row) {
      const Made& value = made[i][row];
      if (value.bytes != nullptr) total += value.bytes->size();
      if (!value.is_word) total += given.value_length(static_cast<int64_t>(row));
    }
    PL_RETURN_NOT_OK(built.Reserve(given.length()));
    PL_RETURN_NOT_OK(built.ReserveData(total));
    for (size_t row = 0; row < made[i].size(); ++row) {
      Made& value = made[i][row];
      const auto at = static_cast<int64_t>(row);
      if (value.bytes != nullptr) {
        PL_RETURN_NOT_OK(built.Append(value.bytes->data(), static_cast<int32_t>(value.bytes->size())));
        value.bytes.reset();
      } else if (value.is_word || given.IsNull(at)) {
        PL_RETURN_NOT_OK(built.AppendNull());
      } else {
        PL_RETURN_NOT_OK(built.Append(given.GetView(at)));
      }
    }
    PL_ASSIGN_OR_RETURN(columns[static_cast<size_t>(blobs[i])], built.Finish());
  }
  *from = end;
  return arrow::RecordBatch::Make(batch.schema(), rows->num_rows(), std::move(columns));
}

}  // namespace pixlake::query
