// One image as one JSON object; docs/metadata.md describes it.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "image/metadata/iptc_names_internal.h"
#include "image/metadata/metadata_internal.h"
#include "image/metadata/xmp_names_internal.h"

namespace pixlake::image {
namespace {

void AppendKey(std::string_view key, std::string* out) {
  out->append(",\"").append(key).append("\":");
}

void AppendStringOrNull(std::string_view text, std::string* out) {
  if (text.empty()) {
    *out += "null";
  } else {
    AppendJsonString(text, out);
  }
}

void AppendIntegerOrNull(bool there, int64_t number, std::string* out) {
  if (there) {
    AppendInteger(number, out);
  } else {
    *out += "null";
  }
}

void AppendStrings(const std::vector<std::string>& values, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < values.size(); ++i) {
    if (i != 0) out->push_back(',');
    AppendJsonString(values[i], out);
  }
  out->push_back(']');
}

void AppendGps(const std::optional<GpsPosition>& gps, std::string* out) {
  if (!gps) {
    *out += "null";
    return;
  }
  const auto member = [&](std::string_view key, const std::optional<double>& number) {
    out->append("\"").append(key).append("\":");
    if (number) {
      AppendNumber(*number, out);
    } else {
      *out += "null";
    }
    out->push_back(',');
  };
  out->push_back('{');
  member("latitude", gps->latitude);
  member("longitude", gps->longitude);
  member("altitude", gps->altitude);
  member("direction", gps->direction);
  *out += "\"timestamp\":";
  AppendStringOrNull(gps->timestamp, out);
  out->push_back('}');
}

// A list where the property's definition has one; a list where it has none is told by its name, so that a
// name always has one shape.
void AppendXmp(const std::vector<XmpProperty>& properties, std::string* out) {
  out->push_back('{');
  for (size_t i = 0; i < properties.size(); ++i) {
    const XmpProperty& property = properties[i];
    if (i != 0) out->push_back(',');
    const bool known = IsXmpArray(property.name);
    AppendJsonString(property.is_array && !known ? property.name + "[]" : property.name, out);
    out->push_back(':');
    if (property.is_array || known) {
      AppendStrings(property.values, out);
    } else if (property.left_out != 0) {
      *out += "null";
    } else {
      AppendJsonString(property.values.empty() ? std::string_view() : property.values[0], out);
    }
  }
  out->push_back('}');
}

// Datasets in their order within a name; a name in the order of its first. A list where IIM lets one be
// repeated; of one that is repeated all the same the first has the name, the others its number.
void AppendIptc(const std::vector<IptcDataset>& datasets, std::string* out) {
  std::vector<size_t> order(datasets.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key = [&](size_t i) { return datasets[i].record << 8 | datasets[i].number; };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key(a) < key(b); });
  out->push_back('{');
  for (size_t i = 0; i < order.size();) {
    const IptcDataset& first = datasets[order[i]];
    std::vector<std::string> values;
    const size_t begin = i;
    for (; i < order.size() && key(order[i]) == key(order[begin]); ++i)
      values.push_back(datasets[order[i]].text);
    if (begin != 0) out->push_back(',');
    const IptcName* known = FindIptcName(first.record, first.number);
    const std::string number = fmt::format("{}:{}", first.record, first.number);
    AppendJsonString(known == nullptr ? number : known->name, out);
    out->push_back(':');
    if (known == nullptr || known->repeatable) {
      AppendStrings(values, out);
      continue;
    }
    if (known->kind == IptcKind::kNumber) {
      *out += values[0];
    } else {
      AppendJsonString(values[0], out);
    }
    if (values.size() == 1) continue;
    values.erase(values.begin());
    AppendKey(number, out);
    AppendStrings(values, out);
  }
  out->push_back('}');
}

void AppendIcc(const std::optional<IccProfile>& icc, std::string* out) {
  if (!icc) {
    *out += "null";
    return;
  }
  *out += "{\"description\":";
  AppendStringOrNull(icc->description, out);
  *out += ",\"size\":";
  AppendInteger(static_cast<int64_t>(icc->size), out);
  *out += ",\"colour_space\":";
  AppendStringOrNull(icc->colour_space, out);
  *out += ",\"version\":";
  AppendStringOrNull(icc->version, out);
  out->push_back('}');
}

// Of several with one keyword the second is "keyword[2]", or the next number that is nobody's.
void AppendText(const std::vector<TextItem>& items, std::string* out) {
  std::set<std::string> taken;
  for (const TextItem& item : items) taken.insert(item.keyword);
  std::set<std::string_view> met;
  out->push_back('{');
  for (size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out->push_back(',');
    std::string key = items[i].keyword;
    if (!met.insert(items[i].keyword).second) {
      for (size_t n = 2; !taken.insert(key).second; ++n) key = fmt::format("{}[{}]", items[i].keyword, n);
    }
    AppendJsonString(key, out);
    out->push_back(':');
    AppendJsonString(items[i].text, out);
  }
  out->push_back('}');
}

void AppendNotes(const std::vector<MetadataNote>& notes, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < notes.size(); ++i) {
    const MetadataNote& note = notes[i];
    *out += i == 0 ? "{\"code\":" : ",{\"code\":";
    AppendJsonString(note.code, out);
    if (!note.message.empty()) {
      AppendKey("message", out);
      AppendJsonString(note.message, out);
    }
    if (!note.field.empty()) {
      AppendKey("field", out);
      AppendJsonString(note.field, out);
    }
    if (note.offset >= 0) {
      AppendKey("offset", out);
      AppendInteger(note.offset, out);
    }
    if (!note.raw_bytes.empty()) {
      AppendKey("base64", out);
      out->push_back('"');
      AppendBase64(note.raw_bytes.first(std::min<size_t>(note.raw_bytes.size(), kMostNotedBytes)), out);
      out->push_back('"');
    }
    out->push_back('}');
  }
  out->push_back(']');
}

}  // namespace

void AppendMetadataMembers(const ImageMetadata& metadata, std::string* out) {
  const ImageHeader header = metadata.header.value_or(ImageHeader{});
  const bool known = metadata.header.has_value();
  *out += "\"format\":";
  AppendStringOrNull(metadata.format, out);
  AppendKey("mode", out);
  AppendStringOrNull(metadata.mode, out);
  AppendKey("width", out);
  AppendIntegerOrNull(known, header.width, out);
  AppendKey("height", out);
  AppendIntegerOrNull(known, header.height, out);
  AppendKey("channels", out);
  AppendIntegerOrNull(known, header.channels, out);
  AppendKey("bit_depth", out);
  AppendIntegerOrNull(known, header.bit_depth, out);
  AppendKey("size", out);
  AppendInteger(static_cast<int64_t>(metadata.size), out);
  AppendKey("exif", out);
  AppendExifJson(metadata.exif, out);
  AppendKey("gps", out);
  AppendGps(metadata.gps, out);
  AppendKey("xmp", out);
  AppendXmp(metadata.xmp, out);
  AppendKey("iptc", out);
  AppendIptc(metadata.iptc, out);
  AppendKey("icc", out);
  AppendIcc(metadata.icc, out);
  AppendKey("text", out);
  AppendText(metadata.text, out);
  AppendKey("notes", out);
  AppendNotes(metadata.notes, out);
}

void AppendJudgementMembers(const Judgement& judgement, std::string* out) {
  *out += "\"verdict\":";
  AppendJsonString(VerdictName(judgement.verdict), out);
  AppendKey("message", out);
  AppendStringOrNull(judgement.message, out);
  AppendKey("offset", out);
  AppendIntegerOrNull(judgement.offset >= 0, judgement.offset, out);
}

void AppendMetadataJson(const ImageMetadata& metadata, std::string* out) {
  out->push_back('{');
  AppendMetadataMembers(metadata, out);
  out->push_back(',');
  AppendJudgementMembers(metadata.judgement, out);
  out->push_back('}');
}

}  // namespace pixlake::image
