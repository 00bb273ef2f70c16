// What waits to be described, from those who read to those who judge.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>

#include "file/list/url_list.h"
#include "io/http/fetcher.h"

namespace pixlake::ingest {

struct Fetched {
  std::string url;  // as it stands in the list
  io::FetchResult result;
};

// An image of a table: its bytes, or the file that they are in.
struct StoredImage {
  std::string_view url;
  std::string_view id;
  std::string_view filename;
  std::span<const uint8_t> bytes;
  std::string path;
};

// Rows of the list whose images are local, one image that was fetched, or those of a batch
// of a table.
struct WorkItem {
  std::vector<file::UrlListRow> rows;
  std::optional<Fetched> fetched;
  std::shared_ptr<arrow::RecordBatch> batch;  // what `stored` borrows from
  std::vector<StoredImage> stored;
};

// Thread-safe.
class WorkQueue {
 public:
  explicit WorkQueue(size_t most) : most_(most) {}

  // Waits for room; false once the work was given up.
  bool Push(WorkItem item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return given_up_ || items_.size() < most_; });
    return PushLocked(std::move(item));
  }

  // Does not wait: fetched images are bounded by the fetcher's memory.
  bool PushAtOnce(WorkItem item) {
    const std::lock_guard lock(mutex_);
    return PushLocked(std::move(item));
  }

  // Does not wait: false when there is none now.
  bool Pop(WorkItem* item) {
    const std::lock_guard lock(mutex_);
    if (given_up_ || items_.empty()) return false;
    *item = std::move(items_.front());
    items_.pop_front();
    changed_.notify_one();
    return true;
  }

  void GiveUp() {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
    changed_.notify_all();
  }

 private:
  bool PushLocked(WorkItem item) {
    if (given_up_) return false;
    items_.push_back(std::move(item));
    return true;
  }

  const size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<WorkItem> items_;
  bool given_up_ = false;
};

}  // namespace pixlake::ingest
