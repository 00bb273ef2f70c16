#include "fetch/content_stream.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "fetch/local_image.h"
#include "fetch/reference.h"
#include "io/location.h"
#include "io/object_url.h"
#include "io/uri_scheme.h"
#include "kernel/content_column.h"

namespace pixlake::fetch {
namespace {

constexpr int64_t kMostInView = std::numeric_limits<int32_t>::max();
constexpr int64_t kMostRows = 1024;
constexpr auto kLongestWait = std::chrono::milliseconds(100);

// What a batch's contents lie in, kept for as long as a column points into it.
class LocalBytes : public arrow::Buffer {
 public:
  LocalBytes(std::unique_ptr<LocalImageReader> reader, std::span<const uint8_t> bytes)
      : Buffer(bytes.data(), static_cast<int64_t>(bytes.size())), reader_(std::move(reader)) {}

 private:
  const std::unique_ptr<LocalImageReader> reader_;
};

// Gives the fetcher its memory back when nobody looks at the bytes any more.
class FetchedBytes : public arrow::Buffer {
 public:
  FetchedBytes(std::string bytes, std::shared_ptr<io::Fetcher> fetcher)
      : Buffer(nullptr, 0), bytes_(std::move(bytes)), fetcher_(std::move(fetcher)) {
    data_ = reinterpret_cast<const uint8_t*>(bytes_.data());
    size_ = capacity_ = static_cast<int64_t>(bytes_.size());
  }
  ~FetchedBytes() override { fetcher_->Release(static_cast<int64_t>(bytes_.size())); }

 private:
  const std::string bytes_;
  const std::shared_ptr<io::Fetcher> fetcher_;
};

// What the fetcher's thread has brought. It outlives the stream where a transfer does.
struct Arrivals {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<io::FetchResult> results;
};

struct Reference {
  std::string_view uri;
  int64_t offset = 0;
  int64_t length = -1;  // to the end
  bool IsPart() const { return offset != 0 || length >= 0; }
};

// One row of a batch that is coming to be.
struct Row {
  int64_t reference = 0;
  std::string_view filename;
  std::span<const uint8_t> bytes;
  std::shared_ptr<arrow::Buffer> owner;
  bool fetched = false;
  bool end_not_read = false;
  int descriptor = -1;
  std::string content_type;
  int http_status = 0;
  int attempts = 1;
  Status status;
};

template <typename Array>
Result<const Array*> ColumnOf(const arrow::RecordBatch& batch, const char* name, bool required) {
  const auto column = batch.GetColumnByName(name);
  if (column == nullptr && !required) return nullptr;
  if (column != nullptr && column->type_id() == Array::TypeClass::type_id)
    return static_cast<const Array*>(column.get());
  return Error(
      ErrorCode::kSchemaMismatch,
      fmt::format("references need a column `{}` of type {}; there is {}", name,
                  Array::TypeClass::type_name(), column == nullptr ? "none" : column->type()->ToString()));
}

// The part of [0, size) that a reference means.
Result<std::pair<int64_t, int64_t>> PartOf(const Reference& reference, int64_t size) {
  const int64_t length = reference.length >= 0 ? reference.length : size - reference.offset;
  if (reference.offset < 0 || reference.offset > size || length > size - reference.offset)
    return Error(ErrorCode::kCorrupt, fmt::format("{} bytes from byte {} of {}, which has {}", length,
                                                  reference.offset, reference.uri.substr(0, 200), size));
  return std::pair(reference.offset, length);
}

class Stream : public ContentStream {
 public:
  Stream(std::shared_ptr<arrow::RecordBatch> references, ContentStreamOptions options)
      : references_(std::move(references)), options_(std::move(options)) {
    options_.batch_rows = std::clamp<int64_t>(options_.batch_rows, 1, kMostRows);
  }

  Status Bind() {
    PL_ASSIGN_OR_RETURN(uris_, ColumnOf<arrow::StringArray>(*references_, kUriColumn, true));
    PL_ASSIGN_OR_RETURN(offsets_, ColumnOf<arrow::Int64Array>(*references_, kOffsetColumn, false));
    return ColumnOf<arrow::Int64Array>(*references_, kLengthColumn, false).Value(&lengths_);
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    std::vector<Row> rows;
    int64_t bytes = 0;
    const auto add = [&](Row row) {
      bytes += static_cast<int64_t>(row.bytes.size());
      rows.push_back(std::move(row));
    };
    while (static_cast<int64_t>(rows.size()) < options_.batch_rows && bytes < options_.batch_bytes) {
      PL_RETURN_NOT_OK(CheckStopped());
      if (auto result = Arrived()) {
        add(FromFetched(*std::move(result)));
        continue;
      }
      if (next_ < references_->num_rows() && under_way_ < MostUnderWay()) {
        const int64_t reference = next_++;
        PL_ASSIGN_OR_RETURN(std::optional<Row> row, Begin(reference));
        if (row) add(*std::move(row));
        continue;
      }
      if (under_way_ == 0) break;
      // Whoever takes these gives memory back that others may wait for.
      if (!rows.empty()) break;
      Wait();
    }
    if (rows.empty()) return nullptr;
    return BatchOf(rows);
  }

 private:
  int64_t MostUnderWay() const { return 2 * int64_t{std::max(1, options_.remote.connections)}; }

  Reference At(int64_t row) const {
    Reference reference;
    reference.uri = uris_->IsNull(row) ? std::string_view() : uris_->GetView(row);
    if (offsets_ != nullptr && offsets_->IsValid(row)) reference.offset = offsets_->Value(row);
    if (lengths_ != nullptr && lengths_->IsValid(row))
      reference.length = std::max<int64_t>(0, lengths_->Value(row));
    return reference;
  }

  // A row when its bytes could be had at once; nullopt: they are on their way.
  Result<std::optional<Row>> Begin(int64_t index) {
    const Reference reference = At(index);
    Row row;
    row.reference = index;
    row.filename = FileNameOf(reference.uri);
    const std::string scheme = io::SchemeOf(reference.uri);
    const bool in_store = scheme.empty() || scheme == "file" || io::IsObjectUri(reference.uri);
    if (reference.uri.empty()) {
      row.status = Error(ErrorCode::kUsage, "no place is named");
    } else if (IsRemote(reference.uri) && !(reference.IsPart() && in_store)) {
      PL_RETURN_NOT_OK(Submit(index, std::string(reference.uri)));
      return std::nullopt;
    } else if (!in_store) {
      row.status = Error(ErrorCode::kUnsupported, fmt::format("no bytes can be had by '{}://'", scheme));
    } else {
      row.status = reference.IsPart() ? ReadPart(reference, &row) : ReadLocal(reference, &row);
      if (CodeOf(row.status) == ErrorCode::kCancelled) return row.status;
    }
    return row;
  }

  Status ReadPart(const Reference& reference, Row* row) const {
    PL_ASSIGN_OR_RETURN(const io::Location place, io::Locate(std::string(reference.uri), options_.local));
    PL_ASSIGN_OR_RETURN(const auto file, place.store->OpenInput(place.path));
    PL_ASSIGN_OR_RETURN(const int64_t size, file->GetSize());
    PL_ASSIGN_OR_RETURN(const auto part, PartOf(reference, size));
    if (part.second > kMostInView) return TooLarge(part.second);
    PL_ASSIGN_OR_RETURN(row->owner, file->ReadAt(part.first, part.second));
    if (row->owner->size() != part.second)
      return Error(ErrorCode::kIo, fmt::format("{} was shortened while it was read", place.path));
    row->bytes = {row->owner->data(), static_cast<size_t>(part.second)};
    row->fetched = place.store->scheme() != "file";
    return Status::OK();
  }

  Status ReadLocal(const Reference& reference, Row* row) const {
    std::string path(reference.uri);
    if (!io::SchemeOf(path).empty()) {
      PL_ASSIGN_OR_RETURN(const io::Location place, io::Locate(path, options_.local));
      path = place.path;
    }
    auto reader = std::make_unique<LocalImageReader>();
    PL_ASSIGN_OR_RETURN(const LocalImage image, reader->Read(path, options_.whole));
    return Keep(std::move(reader), image, row);
  }

  static Status Keep(std::unique_ptr<LocalImageReader> reader, const LocalImage& image, Row* row) {
    if (static_cast<int64_t>(image.bytes.size()) > kMostInView)
      return TooLarge(static_cast<int64_t>(image.bytes.size()));
    row->bytes = image.bytes;
    row->descriptor = image.descriptor;
    row->owner = std::make_shared<LocalBytes>(std::move(reader), image.bytes);
    return Status::OK();
  }

  static Status TooLarge(int64_t size) {
    return Error(ErrorCode::kOverBudget,
                 fmt::format("{} bytes; a content of a batch is at most {}", size, kMostInView));
  }

  Status Submit(int64_t index, std::string uri) {
    if (fetcher_ == nullptr) {
      io::FetchOptions remote = options_.remote;
      if (options_.whole) remote.whole_below_bytes = remote.max_bytes;
      const auto done = [arrivals = arrivals_](io::FetchResult result) {
        const std::lock_guard lock(arrivals->mutex);
        arrivals->results.push_back(std::move(result));
        arrivals->changed.notify_all();
      };
      const auto enough = [](std::string_view head) {
        return HeadIsEnough({reinterpret_cast<const uint8_t*>(head.data()), head.size()});
      };
      PL_ASSIGN_OR_RETURN(fetcher_, io::Fetcher::Start(remote, done, enough));
    }
    ++under_way_;
    return fetcher_->Submit(index, std::move(uri));
  }

  std::optional<io::FetchResult> Arrived() {
    if (under_way_ == 0) return std::nullopt;
    const std::lock_guard lock(arrivals_->mutex);
    if (arrivals_->results.empty()) return std::nullopt;
    io::FetchResult result = std::move(arrivals_->results.front());
    arrivals_->results.pop_front();
    --under_way_;
    return result;
  }

  void Wait() {
    std::unique_lock lock(arrivals_->mutex);
    arrivals_->changed.wait_for(lock, kLongestWait, [this] { return !arrivals_->results.empty(); });
  }

  Row FromFetched(io::FetchResult result) const {
    Row row;
    row.reference = result.tag;
    const Reference reference = At(result.tag);
    row.filename = FileNameOf(reference.uri);
    row.fetched = true;
    row.content_type = std::move(result.content_type);
    row.http_status = result.http_status;
    row.attempts = result.attempts;
    row.status = result.status;
    const auto held = static_cast<int64_t>(result.body.size() + result.tail.size());
    if (!row.status.ok()) {
      fetcher_->Release(held);
    } else if (!result.whole) {
      row.end_not_read = result.tail.empty();
      auto reader = std::make_unique<LocalImageReader>();
      const auto image = reader->Assemble(result.body, result.tail, result.size);
      row.status = image.ok() ? Keep(std::move(reader), *image, &row) : image.status();
      fetcher_->Release(held);
    } else {
      row.owner = std::make_shared<FetchedBytes>(std::move(result.body), fetcher_);
      row.status = CutOut(reference, &row);
    }
    return row;
  }

  static Status CutOut(const Reference& reference, Row* row) {
    PL_ASSIGN_OR_RETURN(const auto part, PartOf(reference, row->owner->size()));
    if (part.second > kMostInView) return TooLarge(part.second);
    row->bytes = {row->owner->data() + part.first, static_cast<size_t>(part.second)};
    return Status::OK();
  }

  static Result<std::shared_ptr<arrow::RecordBatch>> BatchOf(const std::vector<Row>& rows) {
    static const uint8_t nothing = 0;
    PL_ASSIGN_OR_RETURN(const auto builder,
                        arrow::RecordBatchBuilder::Make(ContentSchema(), arrow::default_memory_pool(),
                                                        static_cast<int64_t>(rows.size())));
    std::vector<std::span<const uint8_t>> contents;
    std::vector<std::shared_ptr<arrow::Buffer>> owners;
    for (const Row& row : rows) {
      const bool there = row.status.ok();
      // No bytes are not no content.
      contents.push_back(!there                        ? std::span<const uint8_t>()
                         : row.bytes.data() == nullptr ? std::span(&nothing, 0)
                                                       : row.bytes);
      if (there) owners.push_back(row.owner);
      int column = 0;
      const auto text = [&](std::string_view value) {
        auto* to = builder->GetFieldAs<arrow::StringBuilder>(column++);
        return value.empty() ? to->AppendNull() : to->Append(value);
      };
      const auto number = [&](bool known, int value) {
        auto* to = builder->GetFieldAs<arrow::Int32Builder>(column++);
        return known ? to->Append(value) : to->AppendNull();
      };
      const auto flag = [&](bool value) {
        return builder->GetFieldAs<arrow::BooleanBuilder>(column++)->Append(value);
      };
      PL_RETURN_NOT_OK(builder->GetFieldAs<arrow::Int64Builder>(column++)->Append(row.reference));
      PL_RETURN_NOT_OK(builder->GetField(column++)->AppendNull());  // content, below
      PL_RETURN_NOT_OK(text(row.filename));
      PL_RETURN_NOT_OK(flag(row.fetched));
      PL_RETURN_NOT_OK(flag(row.end_not_read));
      PL_RETURN_NOT_OK(number(row.descriptor >= 0, row.descriptor));
      PL_RETURN_NOT_OK(text(row.content_type));
      PL_RETURN_NOT_OK(number(row.http_status != 0, row.http_status));
      PL_RETURN_NOT_OK(number(true, row.attempts));
      PL_RETURN_NOT_OK(text(there ? std::string_view() : CodeName(CodeOf(row.status))));
      PL_RETURN_NOT_OK(text(there ? std::string_view() : std::string_view(row.status.message())));
    }
    PL_ASSIGN_OR_RETURN(const auto batch, builder->Flush());
    PL_ASSIGN_OR_RETURN(const auto content, kernel::ViewsOf(contents, owners));
    return batch->SetColumn(1, ContentSchema()->field(1), content);
  }

  const std::shared_ptr<arrow::RecordBatch> references_;
  ContentStreamOptions options_;
  const arrow::StringArray* uris_ = nullptr;
  const arrow::Int64Array* offsets_ = nullptr;
  const arrow::Int64Array* lengths_ = nullptr;
  int64_t next_ = 0;
  int64_t under_way_ = 0;
  const std::shared_ptr<Arrivals> arrivals_ = std::make_shared<Arrivals>();
  std::shared_ptr<io::Fetcher> fetcher_;
};

}  // namespace

std::shared_ptr<arrow::Schema> ContentSchema() {
  static const auto schema =
      arrow::schema({arrow::field("row", arrow::int64()), arrow::field("content", arrow::binary_view()),
                     arrow::field("filename", arrow::utf8()), arrow::field("fetched", arrow::boolean()),
                     arrow::field("end_not_read", arrow::boolean()),
                     arrow::field("descriptor", arrow::int32()), arrow::field("content_type", arrow::utf8()),
                     arrow::field("http_status", arrow::int32()), arrow::field("attempts", arrow::int32()),
                     arrow::field("code", arrow::utf8()), arrow::field("message", arrow::utf8())});
  return schema;
}

Status ProblemOf(const arrow::RecordBatch& contents, int64_t row) {
  const auto& codes = static_cast<const arrow::StringArray&>(*contents.column(9));
  const auto& messages = static_cast<const arrow::StringArray&>(*contents.column(10));
  if (codes.IsNull(row)) return Status::OK();
  auto code = static_cast<ErrorCode>(0);
  while (CodeName(code) != codes.GetView(row) && code != ErrorCode::kCancelled)
    code = static_cast<ErrorCode>(static_cast<int>(code) + 1);
  return Error(code, messages.GetString(row));
}

Result<std::unique_ptr<ContentStream>> ContentStream::Open(std::shared_ptr<arrow::RecordBatch> references,
                                                           ContentStreamOptions options) {
  auto stream = std::make_unique<Stream>(std::move(references), std::move(options));
  PL_RETURN_NOT_OK(stream->Bind());
  return stream;
}

}  // namespace pixlake::fetch
