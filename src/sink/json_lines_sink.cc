// A folder of part files, each a JSON object a line:
//   part-00000-1f0c2d3e.jsonl                      made whole, never changed
//   _pixlake/part-00000-1f0c2d3e.jsonl.done        the keys of its urls, written before it
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/stop/stop_token.h"
#include "base/uuid.h"
#include "sink/sinks_internal.h"

namespace pixlake::sink {
namespace {

static_assert(std::endian::native == std::endian::little && sizeof(UrlKey) == 16);

constexpr std::string_view kPart = "part-", kEnding = ".jsonl";
constexpr int64_t kReadAtOnce = int64_t{4} << 20;
constexpr size_t kLongestLine = size_t{256} << 20;

std::string_view NameOf(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// The key of the url a line is about; nullopt for what is no object with a url.
std::optional<UrlKey> KeyOfLine(std::string_view line) {
  const nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object() || !object.contains("url") || !object["url"].is_string()) return std::nullopt;
  return KeyOf(object["url"].get_ref<const std::string&>());
}

class JsonLinesSink : public Sink {
 public:
  JsonLinesSink(io::Location folder, int64_t part_bytes)
      : folder_(std::move(folder)), part_bytes_(part_bytes), run_(NewUuid().substr(0, 8)) {}

  bool takes_values() const override { return false; }

  Status Known(const std::function<void(UrlKey)>& on_key) override {
    PL_ASSIGN_OR_RETURN(const auto objects, folder_.store->List(folder_.path));
    for (const io::ObjectInfo& object : objects) {
      const std::string_view name = NameOf(object.path);
      if (!name.starts_with(kPart) || !name.ends_with(kEnding)) continue;
      earlier_.push_back(object.path);
      PL_RETURN_NOT_OK(KnownOf(object.path, on_key));
    }
    return Status::OK();
  }

  Status Write(Rows rows) override {
    if (rows.empty()) return Status::OK();
    if (part_ == nullptr) {
      part_path_ = folder_.Child(fmt::format("part-{:05}-{}.jsonl", parts_, run_));
      PL_ASSIGN_OR_RETURN(part_, folder_.store->Create(part_path_));
    }
    PL_RETURN_NOT_OK(part_->stream()->Write(rows.lines.data(), static_cast<int64_t>(rows.lines.size())));
    written_ += static_cast<int64_t>(rows.lines.size());
    keys_.insert(keys_.end(), rows.keys.begin(), rows.keys.end());
    return written_ >= part_bytes_ ? Flush() : Status::OK();
  }

  Status Flush() override {
    if (part_ == nullptr) return Status::OK();
    const std::string_view keys(reinterpret_cast<const char*>(keys_.data()), keys_.size() * sizeof(UrlKey));
    PL_RETURN_NOT_OK(folder_.store->Put(DonePath(part_path_), keys));
    PL_RETURN_NOT_OK(part_->Close());
    part_.reset();
    keys_.clear();
    written_ = 0;
    ++parts_;
    return Status::OK();
  }

  Status Supersede(const UrlSet& urls) override {
    for (const std::string& path : earlier_) PL_RETURN_NOT_OK(CarryOver(path, urls));
    PL_RETURN_NOT_OK(Flush());
    // What is worth keeping is durable in another part by now.
    for (const std::string& path : earlier_) {
      PL_RETURN_NOT_OK(folder_.store->Delete(path));
      PL_RETURN_NOT_OK(folder_.store->Delete(DonePath(path)));
    }
    return Status::OK();
  }

  int64_t parts() const override { return parts_; }

 private:
  std::string DonePath(std::string_view part) const {
    return folder_.Child(fmt::format("_pixlake/{}.done", NameOf(part)));
  }

  Status KnownOf(const std::string& part, const std::function<void(UrlKey)>& on_key) {
    const auto keys = folder_.store->ReadAll(DonePath(part));
    if (keys.ok() && keys->size() % sizeof(UrlKey) == 0) {
      for (size_t at = 0; at < keys->size(); at += sizeof(UrlKey)) {
        UrlKey key;
        std::memcpy(&key, keys->data() + at, sizeof(key));
        on_key(key);
      }
      return Status::OK();
    }
    // Somebody else's part, or one whose keys were taken away.
    return EachLine(part, [&](std::string_view line) {
      if (const auto key = KeyOfLine(line)) on_key(*key);
      return Status::OK();
    });
  }

  Status CarryOver(const std::string& part, const UrlSet& urls) {
    return EachLine(part, [&](std::string_view line) {
      const auto key = KeyOfLine(line);
      if (key && urls.Contains(*key)) return Status::OK();
      Rows row;
      row.lines = std::string(line) + "\n";
      row.keys.push_back(key ? *key : KeyOf(line));
      return Write(std::move(row));
    });
  }

  template <typename OnLine>
  Status EachLine(const std::string& part, const OnLine& on_line) {
    PL_ASSIGN_OR_RETURN(const auto file, folder_.store->OpenInput(part));
    PL_ASSIGN_OR_RETURN(const int64_t size, file->GetSize());
    std::string text;
    for (int64_t at = 0; at < size;) {
      PL_RETURN_NOT_OK(CheckStopped());
      PL_ASSIGN_OR_RETURN(const auto block, file->ReadAt(at, std::min(kReadAtOnce, size - at)));
      if (block->size() == 0) break;
      at += block->size();
      text.append(reinterpret_cast<const char*>(block->data()), static_cast<size_t>(block->size()));
      size_t begin = 0;
      for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
        PL_RETURN_NOT_OK(on_line(std::string_view(text).substr(begin, end - begin)));
        begin = end + 1;
      }
      text.erase(0, begin);
      if (text.size() > kLongestLine)
        return Error(ErrorCode::kCorrupt,
                     fmt::format("{} has a line of more than {} bytes", part, kLongestLine));
    }
    return text.empty() ? Status::OK() : on_line(text);
  }

  const io::Location folder_;
  const int64_t part_bytes_;
  const std::string run_;
  std::vector<std::string> earlier_;  // parts that were there before this run
  std::unique_ptr<io::OutputFile> part_;
  std::string part_path_;
  int64_t written_ = 0;  // bytes of the part
  std::vector<UrlKey> keys_;
  int64_t parts_ = 0;
};

}  // namespace

std::unique_ptr<Sink> MakeJsonLinesSink(io::Location folder, const SinkOptions& options) {
  return std::make_unique<JsonLinesSink>(std::move(folder), options.part_bytes);
}

}  // namespace pixlake::sink
