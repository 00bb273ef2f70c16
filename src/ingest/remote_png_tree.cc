// A tree of small files in a store where each takes a round trip.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/stop/stop_token.h"
#include "ingest/png_tree.h"

namespace pixlake::ingest {
namespace {

constexpr size_t kPutsAtOnce = 32;
constexpr size_t kMostWaiting = 256;

class RemotePngTree : public PngTree {
 public:
  explicit RemotePngTree(io::Location root) : root_(std::move(root)) {
    for (size_t i = 0; i < kPutsAtOnce; ++i) threads_.push_back(StartThread([this] { Work(); }));
  }

  ~RemotePngTree() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  Status Write(const std::string& label, const std::string& name, std::span<const uint8_t> bytes) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() < kMostWaiting || !status_.ok(); });
    PL_RETURN_NOT_OK(status_);
    waiting_.push_back({root_.Child(label + "/" + name), {bytes.begin(), bytes.end()}});
    changed_.notify_all();
    return Status::OK();
  }

  Status Finish() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return (waiting_.empty() && under_way_ == 0) || !status_.ok(); });
    return status_;
  }

 private:
  struct File {
    std::string path;
    std::string bytes;
  };

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return stop_ || !waiting_.empty(); });
      if (stop_) return;
      const File file = std::move(waiting_.front());
      waiting_.pop_front();
      ++under_way_;
      lock.unlock();
      const Status put = root_.store->Put(file.path, file.bytes);
      lock.lock();
      --under_way_;
      if (!put.ok() && status_.ok()) status_ = put;
      changed_.notify_all();
    }
  }

  const io::Location root_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<File> waiting_;
  size_t under_way_ = 0;
  bool stop_ = false;
  Status status_;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<PngTree> PngTree::MakeRemote(io::Location root) {
  return std::make_unique<RemotePngTree>(std::move(root));
}

}  // namespace pixlake::ingest
