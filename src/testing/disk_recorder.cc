#include "testing/disk_recorder.h"

#include "testing/disk_calls_internal.h"

namespace pixlake::test {

namespace fs = std::filesystem;

DiskRecorder::DiskRecorder(const std::string& folder) : state_(std::make_unique<State>()) {
  const std::lock_guard lock(DiskCalls::Mutex());
  DiskCalls::state = state_.get();
  struct stat info {};
  if (::stat(folder.c_str(), &info) == 0) DiskCalls::Scan(folder, DiskCalls::NewNode(info));
}

DiskRecorder::~DiskRecorder() {
  Stop();
}

void DiskRecorder::Stop() {
  const std::lock_guard lock(DiskCalls::Mutex());
  DiskCalls::state = nullptr;
}

void DiskRecorder::Mark(const std::string& what) {
  const std::lock_guard lock(DiskCalls::Mutex());
  DiskOperation operation;
  operation.name = what;
  state_->operations.push_back(std::move(operation));
}

void DiskRecorder::FailFrom(int64_t operation, bool syncs_only) {
  const std::lock_guard lock(DiskCalls::Mutex());
  state_->fail_from = operation;
  state_->syncs_only = syncs_only;
}

int64_t DiskRecorder::count() const {
  const std::lock_guard lock(DiskCalls::Mutex());
  return static_cast<int64_t>(state_->operations.size());
}

const std::vector<DiskOperation>& DiskRecorder::operations() const {
  return state_->operations;
}

DiskReplay DiskRecorder::Replay() const {
  return {state_->baseline, &state_->operations};
}

DiskTree ReadTree(const std::string& folder) {
  DiskTree tree;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    std::optional<std::string>& bytes = tree[entry.path().lexically_relative(folder).string()];
    if (entry.is_directory()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    bytes = std::string(std::istreambuf_iterator<char>(file), {});
  }
  return tree;
}

void WriteTree(const DiskTree& tree, const std::string& folder) {
  fs::create_directories(folder);
  for (const auto& [path, bytes] : tree) {
    if (bytes) {
      std::ofstream(fs::path(folder) / path, std::ios::binary) << *bytes;
    } else {
      fs::create_directories(fs::path(folder) / path);
    }
  }
}

}  // namespace pixlake::test
