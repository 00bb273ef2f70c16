// What stands behind a key as the value of its type.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/memory/byte_size.h"
#include "base/near.h"
#include "base/time/duration.h"

#include "settings/read/key_reader_internal.h"

namespace pixlake::settings {
namespace {

bool IsWord(std::string_view text, std::string_view beyond) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [beyond](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           beyond.find(c) != std::string_view::npos;
  });
}

bool FitsForm(TextForm form, const std::string& text) {
  switch (form) {
    case TextForm::kAny:
      return true;
    case TextForm::kPath:
      return !text.empty();
    case TextForm::kTableName: {
      const size_t dot = text.find('.');
      return dot != std::string::npos && IsWord(text.substr(0, dot), "") && IsWord(text.substr(dot + 1), "");
    }
    case TextForm::kName:
      return IsWord(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    case TextForm::kTimeOfDay:
      return text.size() == 5 && text[2] == ':' && text[0] >= '0' && text[0] <= '2' && text[1] >= '0' &&
             text[1] <= '9' && text[3] >= '0' && text[3] <= '5' && text[4] >= '0' && text[4] <= '9' &&
             text.substr(0, 2) <= "23";
  }
  return false;
}

bool InRange(const Key& key, double number) {
  return (key.least == 0 && key.most == 0) || (number >= key.least && number <= key.most);
}

}  // namespace

Value KeyReader::ValueOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  switch (key.type) {
    case KeyType::kTexts:
    case KeyType::kIntegers:
      return ListOf(key, node, dotted);
    case KeyType::kPolygon:
      return PolygonOf(key, node, dotted);
    case KeyType::kTextMap:
    case KeyType::kScalarMap:
      return MapOf(key, node, dotted);
    case KeyType::kText:
      return TextOf(key, node, dotted);
    default:
      return NumberOf(key, node, dotted);
  }
}

Value KeyReader::TextOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  const bool text = node.kind == YamlNode::Kind::kScalar &&
                    (node.expanded || std::holds_alternative<std::string>(ScalarOfNode(node)));
  if (!text || !FitsForm(key.form, node.text)) {
    Wrong(key, node, dotted);
    return {};
  }
  if (!key.one_of.empty() && std::find(key.one_of.begin(), key.one_of.end(), node.text) == key.one_of.end()) {
    const std::string near = DidYouMean(node.text, key.one_of);
    Wrong(key, node, dotted, node.from_environment || near.starts_with("; there are") ? "" : near);
    return {};
  }
  if (key.form != TextForm::kPath) return node.text;
  if (node.text == "~" || node.text.starts_with("~/")) {
    Wrong(key, node, dotted, "; '~' is not looked up: write ${HOME}");
    return {};
  }
  return AbsolutePath(context_.root, node.text);
}

// Booleans, numbers, sizes, durations.
Value KeyReader::NumberOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  const auto wrong = [&]() -> Value {
    Wrong(key, node, dotted);
    return {};
  };
  if (node.kind != YamlNode::Kind::kScalar) return wrong();
  const Scalar scalar = ScalarOfNode(node);
  if (key.type == KeyType::kBoolean)
    return std::holds_alternative<bool>(scalar) ? std::get<bool>(scalar) : wrong();
  const auto* integer = std::get_if<int64_t>(&scalar);
  if (key.type == KeyType::kNumber) {
    const auto* number = std::get_if<double>(&scalar);
    if (number == nullptr && integer == nullptr) return wrong();
    const double value = number != nullptr ? *number : static_cast<double>(*integer);
    return std::isfinite(value) && InRange(key, value) ? Value(value) : wrong();
  }
  int64_t value = 0;
  if (key.type == KeyType::kInteger || (key.type == KeyType::kSize && integer != nullptr)) {
    if (integer == nullptr) return wrong();
    value = *integer;
  } else {
    const auto parsed = key.type == KeyType::kSize ? ParseByteSize(node.text) : ParseDuration(node.text);
    if (!parsed.ok()) return wrong();
    value = *parsed;
  }
  return InRange(key, static_cast<double>(value)) ? Value(value) : wrong();
}

Value KeyReader::ListOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  if (node.kind != YamlNode::Kind::kSequence || (key.required && node.entries.empty())) {
    Wrong(key, node, dotted);
    return {};
  }
  std::vector<std::string> texts;
  std::vector<int64_t> integers;
  const size_t before = context_.problems->size();
  Key item = key;  // what one of the list must be
  item.required = false;
  item.type = key.type == KeyType::kTexts ? KeyType::kText : KeyType::kInteger;
  for (size_t i = 0; i < node.entries.size(); ++i) {
    YamlNode one = node.entries[i].value;
    // What is written without quotes is taken as it stands: labels are often numbers.
    if (item.type == KeyType::kText) one.quoted = true, one.expanded = false;
    const std::string entry = fmt::format("{}[{}]", dotted, i);
    (*context_.places)[entry] = one.place;
    Value value = ValueOf(item, one, entry);
    if (auto* text = std::get_if<std::string>(&value)) texts.push_back(std::move(*text));
    if (const auto* integer = std::get_if<int64_t>(&value)) integers.push_back(*integer);
  }
  if (context_.problems->size() != before) return {};
  return item.type == KeyType::kText ? Value(std::move(texts)) : Value(std::move(integers));
}

Value KeyReader::PolygonOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  Polygon polygon;
  const auto number = [](const YamlNode& one, double most, double* out) {
    if (one.kind != YamlNode::Kind::kScalar) return false;
    const Scalar scalar = ScalarOfNode(one);
    if (const auto* real = std::get_if<double>(&scalar)) {
      *out = *real;
    } else if (const auto* integer = std::get_if<int64_t>(&scalar)) {
      *out = static_cast<double>(*integer);
    } else {
      return false;
    }
    return *out >= -most && *out <= most;
  };
  bool good = node.kind == YamlNode::Kind::kSequence && node.entries.size() >= 3;
  for (size_t i = 0; good && i < node.entries.size(); ++i) {
    const YamlNode& corner = node.entries[i].value;
    std::array<double, 2> at{};
    if (corner.kind != YamlNode::Kind::kSequence || corner.entries.size() != 2 ||
        !number(corner.entries[0].value, 180, &at[0]) || !number(corner.entries[1].value, 90, &at[1])) {
      Wrong(key, corner, fmt::format("{}[{}]", dotted, i));
      return {};
    }
    polygon.push_back(at);
  }
  if (good) return polygon;
  Wrong(key, node, dotted);
  return {};
}

Value KeyReader::MapOf(const Key& key, const YamlNode& node, const std::string& dotted) {
  if (node.kind != YamlNode::Kind::kMap) {
    Wrong(key, node, dotted);
    return {};
  }
  std::map<std::string, std::string> texts;
  std::map<std::string, Scalar> scalars;
  const size_t before = context_.problems->size();
  for (size_t i = 0; i < node.entries.size(); ++i) {
    const auto& [name, one] = node.entries[i];
    const std::string entry = fmt::format("{}.{}", dotted, name.substr(0, 80));
    (*context_.places)[entry] = node.key_places[i];
    if (one.kind != YamlNode::Kind::kScalar) {
      Tell(one.place, entry,
           fmt::format("found {}; expected one value (text, a number, true or false)",
                       FoundWords(one, false)));
      continue;
    }
    if (one.from_environment) context_.from_environment->insert(entry);
    if (!key.one_of.empty() &&
        std::find(key.one_of.begin(), key.one_of.end(), one.text) == key.one_of.end()) {
      Key value_key{.name = name, .what = "", .one_of = key.one_of};
      TextOf(value_key, one, entry);  // says what is wrong
      continue;
    }
    texts[name] = one.text;
    scalars[name] = ScalarOfNode(one);
  }
  if (context_.problems->size() != before) return {};
  return key.type == KeyType::kTextMap ? Value(std::move(texts)) : Value(std::move(scalars));
}

}  // namespace pixlake::settings
