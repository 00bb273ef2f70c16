#include "settings/yaml/document.h"

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace pixlake::settings {
namespace {

// Ends the parser from within an event; never leaves ReadYaml.
struct YamlEnd {
  Place place;
  std::string what;
};

// Lines of the text, so that the parser's columns of bytes become columns of characters.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  Place At(const YAML::Mark& mark) const {
    if (mark.line < 0 || mark.column < 0) return {1, 1};
    const auto line = static_cast<size_t>(mark.line);
    if (line >= starts_.size()) return {mark.line + 1, mark.column + 1};
    const size_t end = std::min(text_.size(), starts_[line] + static_cast<size_t>(mark.column));
    return AtByte(end, line);
  }

  Place AtByte(size_t position) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), position);
    return AtByte(position, static_cast<size_t>(after - starts_.begin()) - 1);
  }

  // The first tab before what a line says; npos: none.
  size_t IndentingTab(size_t line) const {
    if (line >= starts_.size()) return std::string_view::npos;
    const size_t at = text_.find_first_not_of(' ', starts_[line]);
    return at != std::string_view::npos && text_[at] == '\t' ? at : std::string_view::npos;
  }

 private:
  Place AtByte(size_t position, size_t line) const {
    int column = 1;
    // Long lines are not walked for each of their thousand values.
    if (position - starts_[line] > 4096)
      return {static_cast<int>(line) + 1, static_cast<int>(position - starts_[line]) + 1};
    for (size_t i = starts_[line]; i < position; ++i) {
      if ((static_cast<unsigned char>(text_[i]) & 0xC0U) != 0x80) ++column;
    }
    return {static_cast<int>(line) + 1, column};
  }

  std::string_view text_;
  std::vector<size_t> starts_;
};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const Lines& lines, std::vector<YamlProblem>* problems) : lines_(lines), problems_(problems) {}

  YamlNode root;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) throw YamlEnd{lines_.At(mark), "a second document begins; expected one"};
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Plain(mark, "", anchor);
    YamlNode node;
    node.place = lines_.At(mark);
    Add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw YamlEnd{lines_.At(mark), "an alias (*name); aliases are not read: write the value out"};
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Plain(mark, tag, anchor);
    YamlNode node;
    node.place = lines_.At(mark);
    node.quoted = tag == "!";
    const bool nothing = !node.quoted && (value.empty() || value == "~" || value == "null" ||
                                          value == "Null" || value == "NULL");
    if (!nothing || AwaitsKey()) {
      node.kind = YamlNode::Kind::kScalar;
      node.text = value;
    }
    Add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Level {
    YamlNode node;
    bool awaits_key = false;
    bool keep = true;  // false: its key was there before
    std::string key;
    Place key_place;
    std::unordered_map<std::string, int> lines_of_keys{};
  };

  bool AwaitsKey() const { return !levels_.empty() && levels_.back().awaits_key; }

  void Plain(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) throw YamlEnd{lines_.At(mark), "an anchor (&name); anchors are not read"};
    if (!tag.empty() && tag != "?" && tag != "!")
      throw YamlEnd{lines_.At(mark), "a tag (!name); tags are not read"};
    if (++nodes_ > kMostYamlNodes) {
      throw YamlEnd{lines_.At(mark),
                    fmt::format("more than {} values; expected at most so many", kMostYamlNodes)};
    }
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    Plain(mark, tag, anchor);
    const Place place = lines_.At(mark);
    if (AwaitsKey()) throw YamlEnd{place, "a key that is a list or a mapping; expected a name"};
    if (levels_.size() >= kDeepestYaml)
      throw YamlEnd{place, fmt::format("nested more than {} deep", kDeepestYaml)};
    Level level;
    level.node.kind = kind;
    level.node.place = place;
    level.awaits_key = kind == YamlNode::Kind::kMap;
    levels_.push_back(std::move(level));
  }

  void Close() {
    YamlNode node = std::move(levels_.back().node);
    levels_.pop_back();
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    if (levels_.empty()) {
      root = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.awaits_key) {
      TakeKey(&level, node);
      return;
    }
    if (level.node.kind == YamlNode::Kind::kMap) level.awaits_key = true;
    if (!level.keep) return;
    if (level.node.kind == YamlNode::Kind::kMap) level.node.key_places.push_back(level.key_place);
    level.node.entries.push_back({std::move(level.key), std::move(node)});
    level.key.clear();
  }

  void TakeKey(Level* level, const YamlNode& node) {
    level->awaits_key = false;
    level->keep = true;
    level->key_place = node.place;
    if (node.kind != YamlNode::Kind::kScalar || node.text.empty())
      throw YamlEnd{node.place, "a key without a name"};
    if (node.text == "<<" && !node.quoted)
      throw YamlEnd{node.place, "a merge key (<<); merge keys are not read: write the values out"};
    const auto [before, fresh] = level->lines_of_keys.emplace(node.text, node.place.line);
    if (!fresh) {
      problems_->push_back({node.place, fmt::format("'{}' is given twice; the first is in line {}",
                                                    node.text.substr(0, 80), before->second)});
      level->keep = false;
    }
    level->key = node.text;
  }

  const Lines& lines_;
  std::vector<YamlProblem>* problems_;
  std::vector<Level> levels_;
  size_t nodes_ = 0;
  bool started_ = false;
};

// The position of the first byte that is no text: control characters and what is not UTF-8
// (Unicode 15, table 3-7). npos: all is text.
size_t FirstNoText(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  for (size_t i = 0; i < text.size();) {
    const unsigned c = byte(i);
    if (c < 0x80) {
      if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) return i;
      ++i;
      continue;
    }
    const size_t more = c >= 0xC2 && c <= 0xDF   ? 1
                        : c >= 0xE0 && c <= 0xEF ? 2
                        : c >= 0xF0 && c <= 0xF4 ? 3
                                                 : 0;
    if (more == 0) return i;
    const unsigned low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    const unsigned high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (byte(i + 1) < low || byte(i + 1) > high) return i;
    for (size_t j = 2; j <= more; ++j) {
      if ((byte(i + j) & 0xC0U) != 0x80) return i;
    }
    i += more + 1;
  }
  return std::string_view::npos;
}

}  // namespace

YamlNode ReadYaml(std::string_view text, size_t most_bytes, std::vector<YamlProblem>* problems) {
  if (text.size() > most_bytes) {
    problems->push_back({{1, 1}, fmt::format("more than {} bytes; expected at most so many", most_bytes)});
    return {};
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const Lines lines(text);
  if (const size_t at = FirstNoText(text); at != std::string_view::npos) {
    problems->push_back({lines.AtByte(at), fmt::format("byte 0x{:02X}; expected text in UTF-8",
                                                       static_cast<unsigned char>(text[at]))});
    return {};
  }
  TreeBuilder builder(lines, problems);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YamlEnd& end) {
    problems->push_back({end.place, end.what});
    return {};
  } catch (const YAML::Exception& e) {
    const size_t tab =
        e.mark.line < 0 ? std::string_view::npos : lines.IndentingTab(static_cast<size_t>(e.mark.line));
    if (tab != std::string_view::npos) {
      problems->push_back({lines.AtByte(tab), "a tab in the indentation; expected spaces"});
    } else {
      problems->push_back({lines.At(e.mark), "no YAML: " + e.msg});
    }
    return {};
  }
  return std::move(builder.root);
}

}  // namespace pixlake::settings
