#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include <arrow/buffer.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/descriptor.h"
#include "image/format.h"
#include "ingest/source/file_item_internal.h"
#include "ingest/source/sample_group_internal.h"

namespace pixlake::ingest {
namespace {

// More is no label, and no attributes anybody wants copied to every image of a sample.
constexpr int64_t kMaxLabelBytes = 4096;
constexpr int64_t kMaxJsonBytes = 1 << 20;
constexpr int kMaxJsonDepth = 64;

// By the first bytes, whatever it is called, or else by the name.
bool IsImage(const SourceItem& item) {
  std::array<uint8_t, 512> head;
  std::span<const uint8_t> first;
  if (item.bytes != nullptr) {
    first = {item.bytes->data(), static_cast<size_t>(item.bytes->size())};
  } else if (!item.path.empty()) {
    const Descriptor file(::open(item.path.c_str(), O_RDONLY | O_CLOEXEC));
    const ssize_t got = file.get() < 0 ? 0 : ::read(file.get(), head.data(), head.size());
    first = {head.data(), static_cast<size_t>(std::max<ssize_t>(got, 0))};
  }
  return image::DetectFormat(first).has_value() || image::NameClaimsImage(item.filename);
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
  const bool is_image = IsImage(item);
  held_.push_back({std::move(extension), is_image, std::move(item)});
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
    images += held.is_image ? 1 : 0;
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
    if (!held.is_image) continue;
    if (label.has_value()) held.item.label = label;
    held.item.attributes = attributes;
  }
}

}  // namespace pixlake::ingest
