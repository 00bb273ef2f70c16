#include <utility>

#include <fmt/format.h>

#include "image/format.h"
#include "image/json.h"
#include "ingest/describe/description_internal.h"
#include "ingest/lake/metadata_rows_internal.h"
#include "ingest/lake/row_builder_internal.h"

namespace pixlake::ingest {
namespace {

using sink::ColumnType;
using sink::Value;

// What it is that is no image, in words.
std::string NotAnImage(const Provenance& from, std::span<const uint8_t> bytes) {
  const std::string_view is = image::GuessMimeType(bytes, {});
  if (from.http_status == 0) return fmt::format("not an image: the bytes are {}", is);
  return fmt::format("not an image: the server answered {} with {}{}", from.http_status, is,
                     from.content_type.empty() || from.content_type.starts_with(is)
                         ? ""
                         : fmt::format(", calling it {}", from.content_type.substr(0, 60)));
}

}  // namespace

std::vector<sink::Column> FailureColumns() {
  return {{"url", ColumnType::kText},         {"code", ColumnType::kText},
          {"message", ColumnType::kText},     {"offset", ColumnType::kInteger},
          {"attempts", ColumnType::kInteger}, {"http_status", ColumnType::kInteger}};
}

bool AddAnswer(const Provenance& from, std::span<const uint8_t> bytes, std::string_view id,
               const image::Answer& answer, Outputs* outputs) {
  if (answer.judgement.verdict != image::Verdict::kOk) {
    std::string_view code = image::VerdictName(answer.judgement.verdict);
    const bool no_image = !image::DetectFormat(bytes) && !bytes.empty();
    // Asked for as an image by its name or through a server, and none: as `ingest` has it.
    const bool claimed = from.http_status != 0 || image::NameClaimsImage(from.filename);
    const std::string_view is = image::GuessMimeType(bytes, {});
    const bool other_kind = no_image && is.starts_with("image/");
    const std::string other = fmt::format("an image of a kind that is not read: {}", is);
    if (no_image && claimed && !other_kind) code = image::VerdictName(image::Verdict::kMislabelled);
    const std::string why = other_kind ? other
                            : no_image ? NotAnImage(from, bytes)
                                       : answer.judgement.message;
    AddFailure(from, {code, why, answer.judgement.offset}, outputs);
    return false;
  }
  const Described image{from.url, id, bytes.size()};
  if (outputs->success_values) {
    outputs->success.values.push_back(
        SuccessRow(image, answer.header, answer.description, outputs->success_facts));
  } else {
    AppendDocument(image, answer.description, &outputs->success.lines);
    outputs->success.lines += '\n';
  }
  outputs->success.keys.push_back(sink::KeyOf(from.url));
  return true;
}

void AddFailure(const Provenance& from, const FailureFacts& why, Outputs* outputs) {
  const bool has_status = from.http_status != 0;
  outputs->last_code = why.code;
  if (outputs->failure_values) {
    outputs->failure.values.push_back({ValidUtf8(from.url), TextValue(why.code), TextValue(why.message),
                                       IntegerValue(why.offset >= 0, why.offset), int64_t{from.attempts},
                                       IntegerValue(has_status, from.http_status)});
  } else {
    std::string* out = &outputs->failure.lines;
    *out += "{\"url\":";
    image::AppendJsonString(from.url, out);
    *out += ",\"code\":";
    image::AppendJsonString(why.code, out);
    *out += ",\"message\":";
    image::AppendJsonString(why.message, out);
    *out += fmt::format(",\"offset\":{},\"attempts\":{},\"http_status\":{}}}\n",
                        why.offset >= 0 ? std::to_string(why.offset) : "null", from.attempts,
                        has_status ? std::to_string(from.http_status) : "null");
  }
  outputs->failure.keys.push_back(sink::KeyOf(from.url));
}

}  // namespace pixlake::ingest
