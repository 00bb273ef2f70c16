// A tree of small files in a store where each takes a round trip.
#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/work/crew.h"
#include "ingest/png_tree.h"

namespace pixlake::ingest {
namespace {

constexpr size_t kPutsAtOnce = 32;
constexpr size_t kMostWaiting = 256;

class RemotePngTree : public PngTree {
 public:
  explicit RemotePngTree(io::Location root)
      : root_(std::move(root)), putting_(WorkKind::kIo, kPutsAtOnce, [this] { return PutNext(); }) {}

  Status Write(const std::string& label, const std::string& name, std::span<const uint8_t> bytes) override {
    std::unique_lock lock(mutex_);
    while (waiting_.size() >= kMostWaiting && status_.ok()) {
      lock.unlock();
      const bool helped = putting_.Help();
      lock.lock();
      if (!helped) changed_.wait(lock, [&] { return waiting_.size() < kMostWaiting || !status_.ok(); });
    }
    PL_RETURN_NOT_OK(status_);
    waiting_.push_back({root_.Child(label + "/" + name), {bytes.begin(), bytes.end()}});
    lock.unlock();
    putting_.Wake();
    return Status::OK();
  }

  Status Finish() override {
    putting_.Finish();
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  struct File {
    std::string path;
    std::string bytes;
  };

  bool PutNext() {
    std::unique_lock lock(mutex_);
    if (waiting_.empty() || !status_.ok()) return false;
    const File file = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const Status put = root_.store->Put(file.path, file.bytes);
    lock.lock();
    if (!put.ok() && status_.ok()) status_ = put;
    changed_.notify_all();
    return true;
  }

  const io::Location root_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<File> waiting_;
  Status status_;
  Crew putting_;  // goes first
};

}  // namespace

std::unique_ptr<PngTree> PngTree::MakeRemote(io::Location root) {
  return std::make_unique<RemotePngTree>(std::move(root));
}

}  // namespace pixlake::ingest
