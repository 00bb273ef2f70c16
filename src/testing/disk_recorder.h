// Records what this process does to a folder: the calls of the C library that change files are
// this module's own, in the one test program that links it (pixlake_disk_recorder).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "testing/disk_record.h"

namespace pixlake::test {

// One at a time. Thread-safe. What is in the folder before is durable. Syncs within the folder are
// noted and not done.
class DiskRecorder {
 public:
  explicit DiskRecorder(const std::string& folder);
  ~DiskRecorder();

  // Something is acknowledged now.
  void Mark(const std::string& what);

  // From the operation of that number on every call fails with EIO and does nothing, as for a
  // program that was killed there; INT64_MAX: none does. Only syncs of folders with `syncs_only`.
  void FailFrom(int64_t operation, bool syncs_only = false);

  // Nothing is recorded from now on.
  void Stop();

  int64_t count() const;
  // Once it has stopped.
  const std::vector<DiskOperation>& operations() const;
  DiskReplay Replay() const;

 private:
  friend struct DiskCalls;
  struct State;
  std::unique_ptr<State> state_;
};

// What is in a folder, as the models say it.
DiskTree ReadTree(const std::string& folder);
// Into a new folder.
void WriteTree(const DiskTree& tree, const std::string& folder);

}  // namespace pixlake::test
