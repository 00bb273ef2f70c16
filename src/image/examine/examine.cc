#include "image/examine/examine.h"

#include <utility>

#include <fmt/format.h>

#include "image/header/image_header.h"
#include "image/metadata/facts/common_facts.h"
#include "image/metadata/metadata.h"

namespace pixlake::image {
namespace {

constexpr size_t kUsualMembers = 6 << 10;  // bytes of a photograph's JSON

// Returns what is irregular behind the headers.
std::vector<Irregularity> CheckAllPixels(std::span<const uint8_t> bytes, const Question& question,
                                         Judgement* judgement, Answer* answer) {
  // Known by their headers; there is no decoder to ask.
  const std::optional<ImageFormat> format = DetectFormat(bytes);
  if (format == ImageFormat::kHeif || format == ImageFormat::kAvif) return {};
  Result<DecodeResult> decoded = DecodePixels(bytes, question.budget, nullptr);
  if (!decoded.ok()) {
    *judgement = {Verdict::kBomb, -1, decoded.status().message()};
    answer->over_memory = true;
    return {};
  }
  *judgement = std::move(decoded->judgement);
  answer->frames = decoded->frames;
  return std::move(decoded->irregular);
}

// What a name calls an image and is of no format that we read.
void JudgeByName(std::span<const uint8_t> bytes, const Question& question, Judgement* judgement) {
  if (bytes.empty() || !NameClaimsImage(question.filename) || DetectFormat(bytes)) return;
  const std::string_view is = GuessMimeType(bytes, question.filename);
  if (is.starts_with("image/")) {
    *judgement = {Verdict::kUnsupported, 0, fmt::format("an image of a kind that is not read: {}", is)};
  } else {
    *judgement = {Verdict::kMislabelled, 0, fmt::format("the name says image, the bytes say {}", is)};
  }
}

}  // namespace

std::optional<CheckLevel> CheckLevelFromName(std::string_view name) {
  if (name == "header") return CheckLevel::kHeader;
  if (name == "full") return CheckLevel::kFull;
  return std::nullopt;
}

Answer Examine(std::span<const uint8_t> bytes, const Question& question) {
  Answer answer;
  const HeaderLimits limits{question.budget.max_pixels};
  if (!question.describe) {
    HeaderResult header = ReadHeader(bytes, limits);
    answer.header = header.header;
    answer.judgement = std::move(header.judgement);
    JudgeByName(bytes, question, &answer.judgement);
    if (question.check == CheckLevel::kFull && answer.judgement.verdict == Verdict::kOk) {
      CheckAllPixels(bytes, question, &answer.judgement, &answer);
    }
    return answer;
  }
  ImageMetadata metadata = ReadMetadata(bytes, limits);
  if (question.end_not_read) {
    metadata.notes.push_back({"end_not_read", "the server gives no ranges", -1, {}, {}});
  }
  NoteFileName(question.filename, &metadata);
  JudgeByName(bytes, question, &metadata.judgement);
  if (question.check == CheckLevel::kFull && metadata.judgement.verdict == Verdict::kOk) {
    NoteIrregularities(CheckAllPixels(bytes, question, &metadata.judgement, &answer), &metadata);
  }
  answer.header = metadata.header;
  answer.judgement = metadata.judgement;
  answer.description.format = metadata.format;
  answer.description.mode = metadata.mode;
  answer.description.members.reserve(kUsualMembers);
  AppendMetadataMembers(metadata, &answer.description.members);
  answer.description.gps = PositionOf(metadata);
  answer.description.facts = CommonFactsOf(metadata);
  return answer;
}

}  // namespace pixlake::image
