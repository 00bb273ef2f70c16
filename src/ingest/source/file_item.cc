#include <array>

#include <arrow/util/utf8.h>
#include <fmt/format.h>

#include "ingest/source/file_item_internal.h"
#include "io/location.h"

namespace pixlake::ingest {
namespace {

// Which bytes stand for themselves: asked of io once, so that the two cannot differ.
const std::array<bool, 256>& PlainBytes() {
  static const std::array<bool, 256> plain = [] {
    std::array<bool, 256> table{};
    for (size_t byte = 0; byte < table.size(); ++byte) {
      const char c = static_cast<char>(byte);
      table[byte] = io::PercentEncodePath(std::string_view(&c, 1)).size() == 1;
    }
    return table;
  }();
  return plain;
}

}  // namespace

void AppendEncoded(std::string_view bytes, std::string* uri) {
  const std::array<bool, 256>& plain = PlainBytes();
  for (const char c : bytes) {
    if (!plain[static_cast<unsigned char>(c)]) {
      uri->append(io::PercentEncodePath(bytes));
      return;
    }
  }
  uri->append(bytes);
}

std::string FileUri(std::string_view path) {
  std::string uri = "file://";
  AppendEncoded(path, &uri);
  return uri;
}

int64_t MtimeNs(const struct stat& status) {
  // Times past the year 2262 do not fit; they wrap, which is as good for telling changes.
  return static_cast<int64_t>(static_cast<uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000U +
                              static_cast<uint64_t>(status.st_mtim.tv_nsec));
}

std::string FileEtag(const struct stat& status) {
  std::array<char, 34> text;
  const char* const end = fmt::format_to(text.data(), "{:x}-{:x}", static_cast<uint64_t>(status.st_size),
                                         static_cast<uint64_t>(MtimeNs(status)));
  return std::string(text.data(), static_cast<size_t>(end - text.data()));
}

std::string NotAFile(mode_t mode) {
  std::string_view what = "something else";
  if (S_ISFIFO(mode)) what = "a FIFO";
  if (S_ISSOCK(mode)) what = "a socket";
  if (S_ISCHR(mode)) what = "a character device";
  if (S_ISBLK(mode)) what = "a block device";
  if (S_ISDIR(mode)) what = "a folder";
  if (S_ISLNK(mode)) what = "a symbolic link";
  return fmt::format("is {}, not a file", what);
}

std::string_view LastComponent(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool IsUtf8(std::string_view text) {
  arrow::util::InitializeUTF8();
  return arrow::util::ValidateUTF8(text);
}

std::optional<std::string> FolderLabel(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view name = LastComponent(path.substr(0, slash));
  if (name.empty()) return std::nullopt;
  return IsUtf8(name) ? std::string(name) : io::PercentEncodePath(name);
}

void SetStatus(const struct stat& status, SourceItem* item) {
  item->size = status.st_size;
  item->mtime_ns = MtimeNs(status);
  item->etag = FileEtag(status);
}

}  // namespace pixlake::ingest
