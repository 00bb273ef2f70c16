#include "sandbox/examiner.h"

#include <algorithm>

#include "image/metadata/metadata.h"

namespace pixlake::sandbox {
namespace {

// What a helper takes before it has seen an image: libraries and buffers.
constexpr int64_t kHelperBase = int64_t{64} << 20;

}  // namespace

Examiner::Examiner(ExaminerOptions options)
    : options_(options), pool_(DecoderOptions{{}, options.memory_bytes + kHelperBase}) {}

Result<image::Answer> Examiner::Ask(std::span<const uint8_t> bytes, const image::Question& question,
                                    int descriptor, bool sandboxed) {
  if (!sandboxed) return image::Examine(bytes, question);
  PL_ASSIGN_OR_RETURN(image::Answer answer, descriptor >= 0
                                                ? pool_.AskFile(descriptor, bytes.size(), question)
                                                : pool_.Ask(bytes, question));
  if (question.describe && answer.description.members.empty()) {
    // A decoder that died told nothing but that.
    image::ImageMetadata nothing;
    nothing.size = bytes.size();
    nothing.judgement = answer.judgement;
    image::AppendMetadataMembers(nothing, &answer.description.members);
  }
  return answer;
}

Result<image::Answer> Examiner::Examine(std::span<const uint8_t> bytes, const ExamineOptions& options,
                                        const Origin& origin) {
  const bool decodes = options.check == image::CheckLevel::kFull;
  const bool sandboxed = options.sandbox == Sandbox::kAlways ||
                         (options.sandbox == Sandbox::kFetched && origin.fetched && decodes);
  image::Question question;
  question.check = options.check;
  question.describe = options.describe;
  question.filename = origin.filename;
  question.end_not_read = origin.end_not_read;
  question.budget.max_pixels = options.max_pixels;
  question.budget.max_time = std::chrono::milliseconds(options.max_millis);
  question.budget.max_memory = options_.memory_bytes / std::max(options_.threads, 1);
  PL_ASSIGN_OR_RETURN(image::Answer answer, Ask(bytes, question, origin.descriptor, sandboxed));
  if (!answer.over_memory || options_.threads < 2) return answer;
  const std::lock_guard<std::mutex> lock(whole_memory_);
  question.budget.max_memory = options_.memory_bytes;
  return Ask(bytes, question, origin.descriptor, sandboxed);
}

}  // namespace pixlake::sandbox
