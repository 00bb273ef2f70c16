#include <utility>

#include <fmt/format.h>

#include "ingest/describe/description_internal.h"
#include "ingest/lake/row_builder_internal.h"

namespace pixlake::ingest {
namespace {

using sink::ColumnType;
using sink::Value;

void AppendStringOrNull(std::string_view text, std::string* out) {
  if (text.empty()) {
    *out += "null";
  } else {
    image::AppendJsonString(text, out);
  }
}

Value Text(std::string_view text) {
  return text.empty() ? Value() : Value(ValidUtf8(text));
}

Value Integer(bool there, int64_t number) {
  return there ? Value(number) : Value();
}

Value Real(const std::optional<double>& number) {
  return number ? Value(*number) : Value();
}

std::vector<Value> SuccessValues(const Provenance& from, std::string_view id,
                                 const image::ImageMetadata& metadata, std::string document) {
  const bool known = metadata.header.has_value();
  const image::ImageHeader header = known ? *metadata.header : image::ImageHeader{};
  const image::GpsPosition gps = metadata.gps ? *metadata.gps : image::GpsPosition{};
  std::vector<Value> values;
  values.reserve(16);
  values.emplace_back(ValidUtf8(from.url));
  values.push_back(Text(id));
  values.push_back(Text(metadata.format));
  values.push_back(Text(metadata.mode));
  values.push_back(Integer(known, header.width));
  values.push_back(Integer(known, header.height));
  values.push_back(Integer(known, header.channels));
  values.push_back(Integer(known, header.bit_depth));
  values.emplace_back(static_cast<int64_t>(metadata.size));
  values.push_back(Real(gps.latitude));
  values.push_back(Real(gps.longitude));
  values.push_back(Real(gps.altitude));
  values.push_back(Real(gps.direction));
  values.push_back(Text(gps.timestamp));
  values.push_back(Text(image::VerdictName(metadata.judgement.verdict)));
  values.emplace_back(std::move(document));
  return values;
}

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

std::vector<sink::Column> SuccessColumns() {
  return {{"url", ColumnType::kText},         {"id", ColumnType::kText},
          {"format", ColumnType::kText},      {"mode", ColumnType::kText},
          {"width", ColumnType::kInteger},    {"height", ColumnType::kInteger},
          {"channels", ColumnType::kInteger}, {"bit_depth", ColumnType::kInteger},
          {"size", ColumnType::kInteger},     {"latitude", ColumnType::kReal},
          {"longitude", ColumnType::kReal},   {"altitude", ColumnType::kReal},
          {"direction", ColumnType::kReal},   {"gps_timestamp", ColumnType::kText},
          {"verdict", ColumnType::kText},     {"document", ColumnType::kJson}};
}

std::vector<sink::Column> FailureColumns() {
  return {{"url", ColumnType::kText},         {"code", ColumnType::kText},
          {"message", ColumnType::kText},     {"offset", ColumnType::kInteger},
          {"attempts", ColumnType::kInteger}, {"http_status", ColumnType::kInteger}};
}

bool Describe(const Provenance& from, std::span<const uint8_t> bytes, std::string_view id,
              const image::HeaderLimits& limits, Outputs* outputs) {
  image::ImageMetadata metadata = image::ReadMetadata(bytes, limits);
  if (metadata.judgement.verdict != image::Verdict::kOk) {
    std::string_view code = image::VerdictName(metadata.judgement.verdict);
    const bool no_image = metadata.format.empty() && !bytes.empty();
    // Asked for as an image by its name or through a server, and none: as `ingest` has it.
    const bool claimed = from.http_status != 0 || image::NameClaimsImage(from.filename);
    if (no_image && claimed) code = image::VerdictName(image::Verdict::kMislabelled);
    AddFailure(
        from,
        {code, no_image ? NotAnImage(from, bytes) : metadata.judgement.message, metadata.judgement.offset},
        outputs);
    return false;
  }
  image::NoteFileName(from.filename, &metadata);
  if (from.end_unread) metadata.notes.push_back({"end_not_read", "the server gives no ranges", -1, {}, {}});
  std::string* out = &outputs->success.lines;
  std::string document;
  if (outputs->success_values) out = &document;
  *out += "{\"url\":";
  image::AppendJsonString(from.url, out);
  *out += ",\"id\":";
  AppendStringOrNull(id, out);
  *out += ',';
  image::AppendMetadataMembers(metadata, out);
  *out += '}';
  if (outputs->success_values) {
    outputs->success.values.push_back(SuccessValues(from, id, metadata, std::move(document)));
  } else {
    *out += '\n';
  }
  outputs->success.keys.push_back(sink::KeyOf(from.url));
  return true;
}

void AddFailure(const Provenance& from, const FailureFacts& why, Outputs* outputs) {
  const bool has_status = from.http_status != 0;
  outputs->last_code = why.code;
  if (outputs->failure_values) {
    outputs->failure.values.push_back({ValidUtf8(from.url), Text(why.code), Text(why.message),
                                       Integer(why.offset >= 0, why.offset), int64_t{from.attempts},
                                       Integer(has_status, from.http_status)});
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
