#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include <arrow/buffer.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "ingest/source/file_item_internal.h"
#include "ingest/source/sample_group_internal.h"

namespace pixlake::ingest {
namespace {

// More is no label, and no attributes anybody wants copied to every image of a sample.
constexpr int64_t kMaxLabelBytes = 4096;
constexpr int64_t kMaxJsonBytes = 1 << 20;
constexpr int kMaxJsonDepth = 64;

bool IsImageLike(std::string_view extension) {
  static constexpr std::array<std::string_view, 8> kImages = {"jpg",  "jpeg", "png", "tif",
                                                              "tiff", "webp", "gif", "bmp"};
  const size_t dot = extension.rfind('.');  // "seg.png"
  if (dot != std::string_view::npos) extension.remove_prefix(dot + 1);
  return std::find(kImages.begin(), kImages.end(), extension) != kImages.end();
}

std::string_view Text(const SourceItem& item) {
  if (item.bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(item.bytes->data()), static_cast<size_t>(item.bytes->size())};
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// An object of bounded depth in UTF-8; nullopt for anything else.
std::optional<nlohmann::json> ParseObject(std::string_view text) {
  using Event = nlohmann::json::parse_event_t;
  bool too_deep = false;
  const auto limit = [&](int depth, Event, nlohmann::json&) {
    too_deep |= depth > kMaxJsonDepth;
    return !too_deep;
  };
  auto parsed = nlohmann::json::parse(text.begin(), text.end(), limit, /*allow_exceptions=*/false);
  if (too_deep || parsed.is_discarded() || !parsed.is_object()) return std::nullopt;
  return parsed;
}

std::optional<std::string> LabelIn(const nlohmann::json& object) {
  for (const char* const name : {"label", "class"}) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null() || found->is_structured()) continue;
    return found->is_string() ? found->get<std::string>() : found->dump();
  }
  return std::nullopt;
}

}  // namespace

SampleGroup::~SampleGroup() {
  for (const Held& held : held_) {
    if (held.item.temporary) ::unlink(held.item.path.c_str());
  }
}

void SampleGroup::Add(std::string_view name, SourceItem item, std::deque<SourceItem>* ready) {
  const size_t base = name.size() - LastComponent(name).size();
  const size_t dot = std::min(name.find('.', base), name.size());
  const std::string_view key = name.substr(0, dot);
  if (key != key_ || key.size() == base) {
    Flush(ready);
    key_ = key;
  }
  bytes_ += item.bytes == nullptr ? 0 : item.bytes->size();
  if (bytes_ > max_bytes_ && !given_up_) {
    for (Held& held : held_) ready->push_back(std::move(held.item));
    held_.clear();
    given_up_ = true;
  }
  if (given_up_) {
    ready->push_back(std::move(item));
    return;
  }
  std::string extension(name.substr(std::min(dot + 1, name.size())));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  held_.push_back({std::move(extension), std::move(item)});
}

void SampleGroup::Flush(std::deque<SourceItem>* ready) {
  Annotate();
  for (Held& held : held_) ready->push_back(std::move(held.item));
  held_.clear();
  given_up_ = false;
  bytes_ = 0;
}

void SampleGroup::Annotate() {
  const SourceItem* cls = nullptr;
  const SourceItem* json = nullptr;
  int64_t images = 0;
  for (const Held& held : held_) {
    if (held.extension == "cls" && cls == nullptr) cls = &held.item;
    if (held.extension == "json" && json == nullptr) json = &held.item;
    images += IsImageLike(held.extension) ? 1 : 0;
  }
  if (images == 0) return;
  std::optional<std::string> label;
  std::string attributes;
  if (json != nullptr) {
    const std::string_view text = Trimmed(Text(*json));
    const auto size = static_cast<int64_t>(text.size());
    if (size <= kMaxJsonBytes && bytes_ + size * images <= max_bytes_) {
      if (const auto object = ParseObject(text); object.has_value()) {
        attributes = text;
        label = LabelIn(*object);
      }
    }
  }
  if (cls != nullptr) {
    const std::string_view text = Trimmed(Text(*cls));
    if (!text.empty() && static_cast<int64_t>(text.size()) <= kMaxLabelBytes && IsUtf8(text)) label = text;
  }
  for (Held& held : held_) {
    if (!IsImageLike(held.extension)) continue;
    if (label.has_value()) held.item.label = label;
    held.item.attributes = attributes;
  }
}

}  // namespace pixlake::ingest
