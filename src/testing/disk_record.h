// What a program did to a folder, call by call, and what a power cut leaves of it.
//
// The model is POSIX taken at its word. Bytes are durable once their file was synced, names once
// their folder was, each by itself: syncing a file says nothing of its name. What was not synced is
// there, or not, or in part, in any order; two things are kept, as every journal does: the changes
// of one name stay in their order, and a file that was renamed has one of its names.
// Models: ALICE (Pillai et al., OSDI 2014), CrashMonkey (Mohan et al., OSDI 2018), leveldb's
// db/fault_injection_test.cc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pixlake::test {

struct DiskOperation {
  enum class Kind { kWrite, kTruncate, kSyncFile, kName, kSyncFolder, kMark };
  Kind kind = Kind::kMark;
  int node = -1;           // the file or folder; kName: what the name means from now on, -1: nothing
  int folder = -1;         // kName
  std::string name;        // kName; kMark: what
  bool is_folder = false;  // kName of a folder
  int64_t offset = 0;      // kWrite; kTruncate: the size
  std::string bytes;       // kWrite
  int64_t other = -1;  // kName of a rename that takes the old name away: the operation that gave the new one
};

// A path below the root, and its bytes; nullopt: a folder. Parents come first.
using DiskTree = std::map<std::string, std::optional<std::string>>;

// Beside these models there is one for each seed: a bit of everything.
enum class Loss {
  kNothing,    // the program was killed, the machine lives on
  kAll,        // only what was synced is there
  kBytes,      // names are there, their bytes are not: a file that was renamed and never synced
  kZeroes,     // names and sizes are there, the bytes are zeroes
  kNewNames,   // what was deleted is gone, what was made is not there
  kDeletions,  // what was made is there, and so is what was deleted
};
inline constexpr Loss kLosses[] = {Loss::kNothing, Loss::kAll,      Loss::kBytes,
                                   Loss::kZeroes,  Loss::kNewNames, Loss::kDeletions};

// Replays operations from the first to the last.
class DiskReplay {
 public:
  // `baseline`: what is durable before the first, by node; 0 is the root.
  struct Node {
    bool is_folder = false;
    std::string bytes;
    std::map<std::string, int> names;
  };
  using Nodes = std::map<int, Node>;
  DiskReplay(Nodes baseline, const std::vector<DiskOperation>* operations);

  // After the first `count` operations, which grow from call to call.
  void AdvanceTo(size_t count);
  DiskTree Cut(Loss loss) const;
  DiskTree CutAtRandom(uint32_t seed) const;

 private:
  struct File {
    std::string durable;
    std::string now;
    std::vector<const DiskOperation*> unsynced;
  };
  struct Folder {
    std::map<std::string, int> durable;
    std::map<std::string, std::vector<size_t>> unsynced;  // by name: operations, in order
  };
  // How many of the unsynced changes of a name are there, and what of a file.
  struct Survival;

  void Apply(size_t at);
  void SyncFolder(int node);
  DiskTree Build(const Survival& survival) const;
  void Add(int node, const std::string& path, const std::map<std::pair<int, std::string>, size_t>& kept,
           const Survival& survival, DiskTree* tree) const;

  const std::vector<DiskOperation>& operations_;
  size_t done_ = 0;
  std::map<int, File> files_;
  std::map<int, Folder> folders_;
};

}  // namespace pixlake::test
