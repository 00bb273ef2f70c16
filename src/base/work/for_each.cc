#include "base/work/for_each.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>
#include <string>

namespace pixlake {
namespace {

Status TryPiece(const std::function<Status(size_t)>& body, size_t index) {
  try {
    return body(index);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOverBudget, "out of memory; try a smaller --memory");
  } catch (const std::exception& e) {
    return Error(ErrorCode::kInternal, std::string("unexpected: ") + e.what());
  }
}

// Outlives the call: helpers may come when all is done.
class Pieces {
 public:
  Pieces(size_t count, const std::function<Status(size_t)>& body)
      : count_(count), body_(body), failed_(count) {}

  void Help() {
    std::unique_lock lock(mutex_);
    if (next_ >= count_) return;
    ++helping_;
    Work(&lock);
    if (--helping_ == 0) left_.notify_all();
  }

  Status Finish() {
    std::unique_lock lock(mutex_);
    Work(&lock);
    left_.wait(lock, [this] { return helping_ == 0; });
    return failure_;
  }

 private:
  void Work(std::unique_lock<std::mutex>* lock) {
    while (next_ < count_) {
      const size_t mine = next_++;
      lock->unlock();
      Status status = TryPiece(body_, mine);
      lock->lock();
      if (status.ok()) continue;
      next_ = count_;
      if (mine < failed_) {
        failed_ = mine;
        failure_ = std::move(status);
      }
    }
  }

  const size_t count_;
  const std::function<Status(size_t)>& body_;  // the caller's: touched while he waits
  std::mutex mutex_;
  std::condition_variable left_;
  size_t next_ = 0;
  size_t helping_ = 0;
  size_t failed_;
  Status failure_;
};

}  // namespace

Status ForEach(WorkKind kind, size_t count, size_t at_once, const std::function<Status(size_t)>& body) {
  const auto pieces = std::make_shared<Pieces>(count, body);
  const size_t helpers = std::min(count, std::max<size_t>(1, at_once));
  // Held until the last of them has left.
  const std::shared_ptr<Executor> executor = helpers > 1 ? CurrentExecutor() : nullptr;
  for (size_t i = 1; i < helpers; ++i) {
    if (!executor->Submit(kind, [pieces] { pieces->Help(); })) break;
  }
  return pieces->Finish();
}

}  // namespace pixlake
