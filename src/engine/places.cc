#include "engine/places.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/stop/stop_token.h"
#include "base/write_fully.h"

namespace pixlake::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 15> kImageEndings = {".jpg",  ".jpeg", ".jpe",  ".jfif", ".png",
                                                            ".apng", ".gif",  ".bmp",  ".dib",  ".tif",
                                                            ".tiff", ".webp", ".heic", ".heif", ".avif"};

Status Walk(const std::string& folder, std::vector<std::string>* files) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    PL_RETURN_NOT_OK(CheckStopped());
    const std::string path = entry->path().string();
    if (entry->path().filename().string().rfind('.', 0) == 0) continue;
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      if (!entry->is_symlink(ignored)) PL_RETURN_NOT_OK(Walk(path, files));
    } else if (entry->is_regular_file(ignored) && IsNamedAsImage(path)) {
      files->push_back(path);
    }
  }
  return error ? ErrnoError(error.value(), "listing", folder) : Status::OK();
}

}  // namespace

Result<std::shared_ptr<TemporaryFile>> TemporaryFile::Make() {
  const char* const folder = std::getenv("TMPDIR");
  std::string path = std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") + "/pixlake-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) return ErrnoError(errno, "creating", path);
  return std::shared_ptr<TemporaryFile>(new TemporaryFile(std::move(path), descriptor));
}

Result<std::shared_ptr<TemporaryFile>> TemporaryFile::Of(int descriptor, const std::string& shown) {
  PL_ASSIGN_OR_RETURN(auto file, Make());
  std::array<char, 1 << 16> buffer;
  while (true) {
    PL_RETURN_NOT_OK(CheckStopped());
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, "reading", shown);
    if (got == 0) return file;
    PL_RETURN_NOT_OK(WriteFully(file->descriptor(), buffer.data(), static_cast<size_t>(got), file->path()));
  }
}

TemporaryFile::~TemporaryFile() {
  ::close(descriptor_);
  ::unlink(path_.c_str());
}

Result<Places> ExpandPlaces(const std::vector<std::string>& given) {
  Places places;
  for (const std::string& place : given) {
    if (place == "-") {
      if (places.input != nullptr) return Error(ErrorCode::kUsage, "'-' is given twice");
      PL_ASSIGN_OR_RETURN(places.input, TemporaryFile::Of(STDIN_FILENO, "standard input"));
      places.all.push_back({places.input->path(), "-"});
    } else if (IsFolder(place)) {
      std::vector<std::string> files;
      PL_RETURN_NOT_OK(Walk(place, &files));
      if (files.empty())
        return Error(ErrorCode::kNotFound, fmt::format("{}: no file in it is named as an image", place));
      std::sort(files.begin(), files.end());
      for (std::string& file : files) {
        std::string shown = file;
        places.all.push_back({std::move(file), std::move(shown)});
      }
    } else {
      places.all.push_back({place, place});
    }
  }
  return places;
}

bool IsFolder(const std::string& place) {
  std::error_code ignored;
  return fs::is_directory(place, ignored);
}

bool IsNamedAsImage(const std::string& name) {
  std::string ending = fs::path(name).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kImageEndings.begin(), kImageEndings.end(), ending) != kImageEndings.end();
}

}  // namespace pixlake::engine
