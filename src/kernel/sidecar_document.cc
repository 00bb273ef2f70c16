#include "kernel/sidecar_document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <simdjson.h>
#include <yaml-cpp/yaml.h>

namespace pixlake::kernel {
namespace {

constexpr size_t kMostBytes = size_t{1} << 20;
constexpr size_t kMostJson = size_t{4} << 20;
constexpr int kMostLevels = 64;
constexpr int kMostValues = 100'000;

SidecarDocument Judged(image::Verdict verdict, std::string message, int64_t offset = -1) {
  return {{verdict, offset, std::move(message)}, ""};
}

bool EndsWith(std::string_view name, std::string_view ending) {
  return name.size() >= ending.size() &&
         std::equal(ending.begin(), ending.end(), name.end() - static_cast<std::ptrdiff_t>(ending.size()),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); });
}

SidecarDocument OfJson(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  simdjson::dom::parser parser;
  if (parser.allocate(std::max<size_t>(text.size(), 1), kMostLevels) != simdjson::SUCCESS)
    return Judged(image::Verdict::kUnsupported, "no memory to parse it");
  const simdjson::padded_string padded(text);
  const auto error = parser.parse(padded).error();
  if (error == simdjson::DEPTH_ERROR)
    return Judged(image::Verdict::kUnsupported, fmt::format("more than {} levels", kMostLevels));
  if (error == simdjson::BIGINT_ERROR)
    return Judged(image::Verdict::kUnsupported, "an integer of more than 64 bits");
  if (error != simdjson::SUCCESS) return Judged(image::Verdict::kCorrupt, simdjson::error_message(error));
  SidecarDocument out;
  out.json.resize(text.size());
  size_t size = 0;
  if (simdjson::minify(text.data(), text.size(), out.json.data(), size) != simdjson::SUCCESS)
    return Judged(image::Verdict::kCorrupt, "it is no JSON");
  out.json.resize(size);
  return out;
}

// YAML's tree as JSON text.
class JsonOfYaml {
 public:
  // Throws std::length_error, saying so, for what is too much.
  void Append(const YAML::Node& node, int level) {
    if (level > kMostLevels) throw std::length_error(fmt::format("more than {} levels", kMostLevels));
    if (++values_ > kMostValues) throw std::length_error(fmt::format("more than {} values", kMostValues));
    if (out_.size() > kMostJson) throw std::length_error("more than 4 MiB of JSON");
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        out_ += "null";
        break;
      case YAML::NodeType::Scalar:
        AppendScalar(node);
        break;
      case YAML::NodeType::Sequence:
        out_ += '[';
        for (bool first = true; const YAML::Node& entry : node) {
          if (!first) out_ += ',';
          first = false;
          Append(entry, level + 1);
        }
        out_ += ']';
        break;
      case YAML::NodeType::Map:
        out_ += '{';
        for (bool first = true; const auto& entry : node) {
          if (!first) out_ += ',';
          first = false;
          if (!entry.first.IsScalar() && !entry.first.IsNull())
            throw std::length_error("a key that is a list or a mapping");
          AppendText(entry.first.IsNull() ? "null" : entry.first.Scalar());
          out_ += ':';
          Append(entry.second, level + 1);
        }
        out_ += '}';
        break;
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void AppendText(const std::string& text) { out_ += nlohmann::json(text).dump(); }  // throws for no UTF-8

  // YAML 1.2, 10.3.2.
  void AppendScalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    static constexpr std::array kTrue = {"true", "True", "TRUE"};
    static constexpr std::array kFalse = {"false", "False", "FALSE"};
    static constexpr std::array kNull = {"null", "Null", "NULL", "~", ""};
    const auto is = [&text](const auto& words) {
      return std::find(words.begin(), words.end(), text) != words.end();
    };
    if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return AppendText(text);
    if (is(kTrue)) {
      out_ += "true";
    } else if (is(kFalse)) {
      out_ += "false";
    } else if (is(kNull)) {
      out_ += "null";
    } else if (!AppendNumber(text)) {
      AppendText(text);
    }
  }

  bool AppendNumber(std::string_view text) {
    const bool plus = text.starts_with('+');
    if (plus) text.remove_prefix(1);
    // 012 is twelve, 0x1F and 0o17 are 31 and 15; "1e5" is a number, "1:30" and "2024-02-29" are none.
    if (text.empty() || (plus && text[0] == '-')) return false;
    const char* const end = text.data() + text.size();
    int64_t integer = 0;
    const int base = text.starts_with("0x") ? 16 : text.starts_with("0o") ? 8 : 10;
    const char* const digits = text.data() + (base == 10 ? 0 : 2);
    if (base == 10 || (digits != end && *digits != '-')) {
      if (const auto [at, error] = std::from_chars(digits, end, integer, base);
          error == std::errc() && at == end) {
        out_ += fmt::format("{}", integer);
        return true;
      }
    }
    const bool starts = (text[0] >= '0' && text[0] <= '9') || text[0] == '-' || text[0] == '.';
    const bool letters = text.find_first_not_of("0123456789+-.eE") != std::string_view::npos;
    if (!starts || letters) return false;
    double number = 0;
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || at != end) return false;
    out_ += fmt::format("{}", number);
    return true;
  }

  std::string out_;
  int values_ = 0;
};

SidecarDocument OfYaml(const std::string& text) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      return Judged(image::Verdict::kUnsupported, fmt::format("{} documents in one file", documents.size()));
    JsonOfYaml json;
    json.Append(documents.empty() ? YAML::Node() : documents.front(), 1);
    return {{}, json.Take()};
  } catch (const YAML::Exception& error) {
    return Judged(image::Verdict::kCorrupt, error.what(), error.mark.is_null() ? -1 : error.mark.pos);
  } catch (const nlohmann::json::exception&) {
    return Judged(image::Verdict::kCorrupt, "a text that is no UTF-8");
  } catch (const std::length_error& error) {
    return Judged(image::Verdict::kUnsupported, error.what());
  }
}

}  // namespace

bool IsSidecarName(std::string_view filename) {
  return EndsWith(filename, ".json") || EndsWith(filename, ".yaml") || EndsWith(filename, ".yml");
}

SidecarDocument ReadSidecar(std::span<const uint8_t> bytes, std::string_view filename) {
  if (bytes.empty()) return Judged(image::Verdict::kEmpty, "no bytes");
  if (bytes.size() > kMostBytes) {
    return Judged(image::Verdict::kUnsupported,
                  fmt::format("{} bytes; expected at most {}", bytes.size(), kMostBytes));
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (EndsWith(filename, ".json")) return OfJson(text);
  if (IsSidecarName(filename)) return OfYaml(std::string(text));
  SidecarDocument json = OfJson(text);
  return json.judgement.verdict == image::Verdict::kOk ? json : OfYaml(std::string(text));
}

}  // namespace pixlake::kernel
