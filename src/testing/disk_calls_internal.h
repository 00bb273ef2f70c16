// What the calls that are recorded (disk_calls.cc) and the recorder share.
#pragma once

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "testing/disk_recorder.h"

namespace pixlake::test {

struct DiskRecorder::State {
  std::map<std::pair<dev_t, ino_t>, int> nodes;
  int next = 0;
  DiskReplay::Nodes baseline;
  std::vector<DiskOperation> operations;
  int64_t fail_from = INT64_MAX;
  bool syncs_only = false;
};

// Where the calls below find who records; they hold the lock over the call itself, so that the
// record has the order in which things happened.
struct DiskCalls {
  using State = DiskRecorder::State;
  using Operation = DiskOperation;

  static std::recursive_mutex& Mutex() {
    static auto* const mutex = new std::recursive_mutex;
    return *mutex;
  }
  static inline State* state = nullptr;

  static int NodeOf(const struct stat& info) {
    const auto found = state->nodes.find({info.st_dev, info.st_ino});
    return found == state->nodes.end() ? -1 : found->second;
  }

  static int NewNode(const struct stat& info) {
    return state->nodes[{info.st_dev, info.st_ino}] = state->next++;
  }

  struct Place {
    int folder = -1;  // -1: not ours
    std::string name;
    bool there = false;
    struct stat info {};
  };

  static Place Find(int at, const char* path) {
    Place place;
    std::string text = path;
    while (text.size() > 1 && text.back() == '/') text.pop_back();
    const size_t slash = text.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : text.substr(0, slash);
    struct stat info {};
    if (::fstatat(at, parent.c_str(), &info, 0) != 0) return place;
    place.folder = NodeOf(info);
    place.name = slash == std::string::npos ? text : text.substr(slash + 1);
    if (place.folder >= 0) place.there = ::fstatat(at, text.c_str(), &place.info, AT_SYMLINK_NOFOLLOW) == 0;
    return place;
  }

  // For files that were made behind our back, as fopen() does.
  static int NodeOf(int fd, const struct stat& info) {
    const int node = NodeOf(info);
    if (node >= 0) return node;
    char path[4096];
    const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof(path) - 1);
    if (size <= 0) return -1;
    path[size] = '\0';
    const Place place = Find(AT_FDCWD, path);
    return place.folder < 0 ? -1 : Made(place, info, false);
  }

  static int Made(const Place& place, const struct stat& info, bool is_folder) {
    const int node = NewNode(info);
    Name(place, node).is_folder = is_folder;
    return node;
  }

  static Operation& Name(const Place& place, int node) {
    Operation operation;
    operation.kind = Operation::Kind::kName;
    operation.folder = place.folder;
    operation.name = place.name;
    operation.node = node;
    return state->operations.emplace_back(std::move(operation));
  }

  static bool Fails(bool folder_sync = false) {
    if (static_cast<int64_t>(state->operations.size()) < state->fail_from) return false;
    if (state->syncs_only && !folder_sync) return false;
    errno = EIO;
    return true;
  }

  template <typename Call>
  static int Open(int at, const char* path, int flags, Call call) {
    const std::lock_guard lock(Mutex());
    const bool changes = (flags & (O_CREAT | O_TRUNC)) != 0;
    if (state == nullptr || !changes) return call();
    const Place place = Find(at, path);
    if (place.folder < 0) return call();
    if ((!place.there || (flags & O_TRUNC) != 0) && Fails()) return -1;
    const int fd = call();
    struct stat info {};
    if (fd < 0 || ::fstat(fd, &info) != 0) return fd;
    if (!place.there) {
      Made(place, info, false);
    } else if ((flags & O_TRUNC) != 0) {
      Truncated(NodeOf(info), 0);
    }
    return fd;
  }

  static void Truncated(int node, int64_t size) {
    if (node < 0) return;
    Operation operation;
    operation.kind = Operation::Kind::kTruncate;
    operation.node = node;
    operation.offset = size;
    state->operations.push_back(std::move(operation));
  }

  // `offset` -1: where the file stands.
  template <typename Call>
  static ssize_t Write(int fd, const iovec* parts, int count, int64_t offset, Call call) {
    if (state == nullptr) return call();
    const std::lock_guard lock(Mutex());
    struct stat info {};
    if (state == nullptr || ::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return call();
    const int node = NodeOf(fd, info);
    if (node < 0) return call();
    if (Fails()) return -1;
    if (offset < 0) offset = (::fcntl(fd, F_GETFL) & O_APPEND) != 0 ? info.st_size : ::lseek(fd, 0, SEEK_CUR);
    const ssize_t written = call();
    if (written <= 0) return written;
    Operation operation;
    operation.kind = Operation::Kind::kWrite;
    operation.node = node;
    operation.offset = offset;
    for (int i = 0; i < count; ++i)
      operation.bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
    operation.bytes.resize(static_cast<size_t>(written));
    state->operations.push_back(std::move(operation));
    return written;
  }

  template <typename Call>
  static int Sync(int fd, Call call) {
    const std::lock_guard lock(Mutex());
    struct stat info {};
    if (state == nullptr || ::fstat(fd, &info) != 0) return call();
    const int node = NodeOf(info);
    if (node < 0) return call();
    const bool folder = S_ISDIR(info.st_mode);
    if (Fails(folder)) return -1;
    Operation operation;
    operation.kind = folder ? Operation::Kind::kSyncFolder : Operation::Kind::kSyncFile;
    operation.node = node;
    state->operations.push_back(std::move(operation));
    return 0;
  }

  template <typename Call>
  static int Truncate(const struct stat* info, int64_t size, Call call) {
    const std::lock_guard lock(Mutex());
    if (state == nullptr || info == nullptr || NodeOf(*info) < 0) return call();
    if (Fails()) return -1;
    const int failed = call();
    if (failed == 0) Truncated(NodeOf(*info), size);
    return failed;
  }

  // With its last name a file goes, and its number may be another's.
  static void Forget(const Place& place) {
    if (place.there && (S_ISDIR(place.info.st_mode) || place.info.st_nlink == 1))
      state->nodes.erase({place.info.st_dev, place.info.st_ino});
  }

  // A name goes.
  template <typename Call>
  static int Remove(int at, const char* path, Call call) {
    const std::lock_guard lock(Mutex());
    if (state == nullptr) return call();
    const Place place = Find(at, path);
    if (place.folder < 0) return call();
    if (place.there && Fails()) return -1;
    const int failed = call();
    if (failed != 0) return failed;
    Name(place, -1);
    Forget(place);
    return failed;
  }

  template <typename Call>
  static int MakeFolder(int at, const char* path, Call call) {
    const std::lock_guard lock(Mutex());
    if (state == nullptr) return call();
    const Place place = Find(at, path);
    if (place.folder < 0) return call();
    if (!place.there && Fails()) return -1;
    const int failed = call();
    struct stat info {};
    if (failed == 0 && ::fstatat(at, path, &info, 0) == 0) Made(place, info, true);
    return failed;
  }

  // link(), and with `moves` rename().
  template <typename Call>
  static int Give(int from_at, const char* from, int to_at, const char* to, bool moves, Call call) {
    const std::lock_guard lock(Mutex());
    if (state == nullptr) return call();
    const Place old_place = Find(from_at, from);
    const Place new_place = Find(to_at, to);
    if (old_place.folder < 0 && new_place.folder < 0) return call();
    if (Fails()) return -1;
    const int failed = call();
    if (failed != 0) return failed;
    if (new_place.folder >= 0) {
      Name(new_place, NodeOf(old_place.info));
      Forget(new_place);
    }
    if (moves && old_place.folder >= 0) {
      const auto given = static_cast<int64_t>(state->operations.size()) - 1;
      Name(old_place, -1).other = new_place.folder >= 0 ? given : -1;
    }
    return failed;
  }

  static void Scan(const std::filesystem::path& path, int node) {
    DiskReplay::Node& folder = state->baseline[node];
    folder.is_folder = true;
    std::map<std::string, int> names;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      struct stat info {};
      if (::stat(entry.path().c_str(), &info) != 0) continue;
      const int known = NodeOf(info);
      const int child = known >= 0 ? known : NewNode(info);
      names[entry.path().filename().string()] = child;
      if (entry.is_directory()) {
        Scan(entry.path(), child);
      } else {
        std::ifstream file(entry.path(), std::ios::binary);
        state->baseline[child].bytes.assign(std::istreambuf_iterator<char>(file), {});
      }
    }
    state->baseline[node].names = std::move(names);
  }
};

}  // namespace pixlake::test
