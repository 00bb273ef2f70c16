#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/uuid.h"
#include "image/hash/sha256.h"
#include "io/local_store.h"
#include "lake/index/run_cache_internal.h"

namespace pixlake::lake {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostKept = int64_t{1} << 30;
constexpr int64_t kChunkBytes = int64_t{8} << 20;
constexpr auto kAbandoned = std::chrono::hours(24);

Result<std::string> CacheFolder() {
  std::vector<std::string> places;
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  const char* const temporary = std::getenv("TMPDIR");
  if (cache != nullptr && *cache == '/') {
    places.push_back(std::string(cache) + "/pixlake/ids");
  } else if (home != nullptr && *home == '/') {
    places.push_back(std::string(home) + "/.cache/pixlake/ids");
  }
  const std::string base = temporary != nullptr && *temporary == '/' ? temporary : "/tmp";
  places.push_back(fmt::format("{}/pixlake-ids-{}", base, ::geteuid()));
  for (const std::string& place : places) {
    std::error_code error;
    fs::create_directories(place, error);
    if (error) continue;
    // What is in it is checked as bytes from outside are; that nobody else has put it there is still better.
    fs::permissions(place, fs::perms::owner_all, error);
    if (!error && ::access(place.c_str(), W_OK | X_OK) == 0) return place;
  }
  return Error(ErrorCode::kPermission, places.back() + ": no folder for the runs of id indexes");
}

// The least recently used go, and what a process that died was writing.
void Trim(const std::string& folder, const std::string& but) {
  struct Kept {
    fs::file_time_type used;
    int64_t size = 0;
    fs::path path;
  };
  std::vector<Kept> kept;
  int64_t sum = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    Kept one{entry->last_write_time(gone), 0, entry->path()};
    one.size = static_cast<int64_t>(entry->file_size(gone));
    if (gone) continue;
    if (one.path.extension() != ".run") {
      if (one.used < fs::file_time_type::clock::now() - kAbandoned) fs::remove(one.path, gone);
      continue;
    }
    sum += one.size;
    if (one.path != but) kept.push_back(std::move(one));
  }
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
  for (const Kept& one : kept) {
    if (sum <= kMostKept) return;
    std::error_code ignored;
    // Whoever has it mapped reads on.
    fs::remove(one.path, ignored);
    sum -= one.size;
  }
}

std::string FileOf(const std::string& folder, const std::string& path) {
  return folder + "/" + image::Sha256Hex(path) + ".run";
}

Status Copy(arrow::io::RandomAccessFile* from, arrow::io::OutputStream* to) {
  PL_ASSIGN_OR_RETURN(const int64_t size, from->GetSize());
  for (int64_t at = 0; at < size; at += kChunkBytes) {
    PL_ASSIGN_OR_RETURN(const auto bytes, from->ReadAt(at, std::min(kChunkBytes, size - at)));
    PL_RETURN_NOT_OK(to->Write(bytes->data(), bytes->size()));
  }
  return Status::OK();
}

Status Get(io::Store* store, const std::string& path, int64_t size, const std::string& file) {
  const auto local = io::MakeLocalStore({.sync = false});
  PL_ASSIGN_OR_RETURN(const auto output, local->Create(file));
  if (size >= 0 && size <= kChunkBytes) {
    PL_ASSIGN_OR_RETURN(const std::string bytes, store->ReadAll(path, kChunkBytes));
    PL_RETURN_NOT_OK(output->stream()->Write(bytes.data(), static_cast<int64_t>(bytes.size())));
  } else {
    PL_ASSIGN_OR_RETURN(const auto input, store->OpenInput(path));
    PL_RETURN_NOT_OK(Copy(input.get(), output->stream()));
  }
  return output->Close();
}

Result<std::shared_ptr<IdRun>> Keep(const std::string& file, const std::string& path) {
  PL_ASSIGN_OR_RETURN(const std::string folder, CacheFolder());
  const std::string kept = FileOf(folder, path);
  if (::rename(file.c_str(), kept.c_str()) != 0) return ErrnoError(errno, "naming", kept);
  auto run = IdRun::Open(kept, path);
  if (!run.ok()) ::unlink(kept.c_str());
  Trim(folder, kept);
  return run;
}

}  // namespace

Result<std::string> NewRunFile(const char* ending) {
  PL_ASSIGN_OR_RETURN(const std::string folder, CacheFolder());
  return folder + "/" + NewUuid() + ending;
}

Result<std::shared_ptr<IdRun>> OpenRun(io::Store* store, const std::string& path, int64_t size) {
  if (store->scheme() == "file") return IdRun::Open(path, path);
  PL_ASSIGN_OR_RETURN(const std::string folder, CacheFolder());
  const std::string kept = FileOf(folder, path);
  auto run = IdRun::Open(kept, path);
  if (run.ok()) {
    std::error_code ignored;
    fs::last_write_time(kept, fs::file_time_type::clock::now(), ignored);
    return run;
  }
  if (CodeOf(run.status()) == ErrorCode::kUnsupported) return run;
  // Not there, or damaged here: the store has it.
  PL_ASSIGN_OR_RETURN(const std::string file, NewRunFile(".part"));
  const Status got = Get(store, path, size, file);
  if (!got.ok()) {
    ::unlink(file.c_str());
    return got;
  }
  return Keep(file, path);
}

Result<std::shared_ptr<IdRun>> SendRun(io::Store* store, const std::string& file, const std::string& path) {
  const auto local = io::MakeLocalStore({.sync = false});
  const auto send = [&]() -> Status {
    PL_ASSIGN_OR_RETURN(const auto input, local->OpenInput(file));
    PL_ASSIGN_OR_RETURN(const auto output, store->Create(path));
    PL_RETURN_NOT_OK(Copy(input.get(), output->stream()));
    return output->Close();
  };
  const Status sent = send();
  if (sent.ok()) return Keep(file, path);
  ::unlink(file.c_str());
  return WithContext(sent, "sending a run of the id index");
}

}  // namespace pixlake::lake
