#include <algorithm>
#include <cstring>
#include <utility>

#include <arrow/buffer.h>
#include <fcntl.h>
#include <fmt/format.h>

#include "base/descriptor.h"
#include "base/stop/stop_token.h"
#include "image/format.h"
#include "ingest/lake/content_internal.h"
#include "ingest/lake/file_reading_internal.h"
#include "kernel/judged.h"

namespace pixlake::ingest {
namespace {

void Quarantine(Content* content, image::Verdict verdict, std::string message, int64_t offset = -1) {
  content->destination = Destination::kQuarantine;
  content->judgement = {verdict, offset, std::move(message)};
}

image::Verdict VerdictOf(const Status& problem) {
  switch (CodeOf(problem)) {
    case ErrorCode::kOverBudget:
      return image::Verdict::kBomb;
    case ErrorCode::kUnsupported:
      return image::Verdict::kUnsupported;
    case ErrorCode::kCorrupt:
      return image::Verdict::kCorrupt;
    default:
      return image::Verdict::kUnreadable;
  }
}

// Errors that are the machine's, not the file's.
bool EndsTheWork(const Status& status) {
  const ErrorCode code = CodeOf(status);
  return code == ErrorCode::kNoSpace || code == ErrorCode::kCancelled || status.IsOutOfMemory();
}

bool IsLarge(const SourceItem& item, const ContentOptions& options) {
  return item.temporary || (!item.path.empty() && item.size > options.max_buffered_bytes);
}

// Small contents side by side in one allocation, so that they can be hashed and
// written to the table without another copy.
Status FillArena(const ContentOptions& options, ContentBatch* batch) {
  int64_t total = 0;
  for (const Content& content : batch->contents) {
    const SourceItem& item = content.item;
    if (item.kind != SourceItem::Kind::kFile || !item.problem.ok() || IsLarge(item, options)) continue;
    total += item.bytes != nullptr ? item.bytes->size() : item.size;
  }
  if (batch->arena == nullptr || batch->arena->size() < total) {
    // With room to spare, for it is used again; pages that are not written cost nothing.
    const int64_t size = std::max(total, 2 * options.max_buffered_bytes);
    PL_ASSIGN_OR_RETURN(batch->arena, arrow::AllocateBuffer(size));
  }
  uint8_t* next = batch->arena->mutable_data();
  for (Content& content : batch->contents) {
    SourceItem& item = content.item;
    if (item.kind != SourceItem::Kind::kFile || !item.problem.ok() || IsLarge(item, options)) continue;
    if (item.bytes != nullptr) {
      const auto size = static_cast<size_t>(item.bytes->size());
      if (size > 0) std::memcpy(next, item.bytes->data(), size);
      content.bytes = {next, size};
      item.size = static_cast<int64_t>(size);
      item.bytes.reset();
    } else {
      // A file that grew since it was listed does not fit its place: read apart.
      const std::span<uint8_t> room(next, static_cast<size_t>(item.size));
      const auto read = ReadWholeFile(item.path, room, item);
      if (read.ok()) {
        content.bytes = room.first(static_cast<size_t>(*read));
      } else if (CodeOf(read.status()) == ErrorCode::kOverBudget) {
        content.apart = true;
      } else {
        item.problem = read.status();
      }
    }
    next += content.bytes.size();
  }
  return Status::OK();
}

Status ReadLarge(const ContentOptions& options, Content* content) {
  SourceItem& item = content->item;
  std::string digest;
  const Status read = SpillFile(options.spill_folder, &item, &content->spilled, &digest);
  if (!read.ok()) {
    content->spilled.clear();
    if (EndsTheWork(read)) return read;
    item.problem = read;
    return Status::OK();
  }
  content->digest = *image::FromHex(digest);
  content->id = std::move(digest);
  PL_ASSIGN_OR_RETURN(content->owner, MapFile(content->spilled));
  content->bytes = {content->owner->data(), static_cast<size_t>(content->owner->size())};
  return Status::OK();
}

void Hash(ContentBatch* batch) {
  std::vector<std::span<const uint8_t>> spans;
  std::vector<Content*> hashed;
  for (Content& content : batch->contents) {
    if (content.item.kind != SourceItem::Kind::kFile || !content.item.problem.ok() || !content.id.empty())
      continue;
    spans.push_back(content.bytes);
    hashed.push_back(&content);
  }
  const std::vector<image::Sha256Digest> digests = image::Sha256Many(spans);
  for (size_t i = 0; i < hashed.size(); ++i) {
    hashed[i]->digest = digests[i];
    hashed[i]->id = image::ToHex(digests[i]);
  }
}

// Where a content belongs by what the kernel says of it.
void Place(const kernel::Judged& judged, int64_t row, Content* content) {
  image::Answer answer = judged.Answer(row);
  content->mime_type = judged.MimeType(row);
  const bool good = answer.judgement.verdict == image::Verdict::kOk;
  if (!judged.HasFormat(row) && !good && !image::NameClaimsImage(content->item.filename)) {
    content->destination = Destination::kBinary;
    return;
  }
  content->header = answer.header;
  content->judgement = std::move(answer.judgement);
  content->description = std::move(answer.description);
  content->destination = good ? Destination::kImages : Destination::kQuarantine;
}

Status Judge(const ContentOptions& options, ContentBatch* batch) {
  std::vector<kernel::JudgeInput> inputs;
  std::vector<Content*> judged;
  for (Content& content : batch->contents) {
    const SourceItem& item = content.item;
    if (item.kind != SourceItem::Kind::kFile) continue;
    if (!item.problem.ok()) {
      Quarantine(&content, VerdictOf(item.problem), item.problem.message());
      continue;
    }
    kernel::JudgeInput& input = inputs.emplace_back();
    input.bytes = content.bytes;
    input.filename = item.filename;
    input.fetched = !item.uri.starts_with("file://");
    judged.push_back(&content);
    if (content.owner == nullptr) continue;
    // A large one. The sandbox maps it, too; without the file it is sent a copy.
    const Descriptor spilled(::open(content.spilled.c_str(), O_RDONLY | O_CLOEXEC));
    input.descriptor = spilled.get();
    PL_ASSIGN_OR_RETURN(const kernel::Judged answer,
                        kernel::JudgeOne(*options.judge, input, options.context));
    Place(answer, 0, &content);
    inputs.pop_back();
    judged.pop_back();
  }
  PL_ASSIGN_OR_RETURN(const kernel::Judged answers,
                      kernel::Judge(*options.judge, inputs, {&batch->arena, 1}, options.context));
  for (size_t i = 0; i < judged.size(); ++i) Place(answers, static_cast<int64_t>(i), judged[i]);
  return Status::OK();
}

}  // namespace

Status ReadAndJudge(const ContentOptions& options, ContentBatch* batch) {
  PL_RETURN_NOT_OK(FillArena(options, batch));
  for (Content& content : batch->contents) {
    PL_RETURN_NOT_OK(CheckStopped());
    if (content.item.kind != SourceItem::Kind::kFile || !content.item.problem.ok()) continue;
    if (content.apart || IsLarge(content.item, options)) PL_RETURN_NOT_OK(ReadLarge(options, &content));
  }
  Hash(batch);
  return Judge(options, batch);
}

}  // namespace pixlake::ingest
