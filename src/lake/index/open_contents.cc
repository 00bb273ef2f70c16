#include <utility>

#include "lake/index/open_contents_internal.h"

namespace pixlake::lake {
namespace {

constexpr size_t kMaxOpenFiles = 64;

}  // namespace

Result<std::shared_ptr<OpenContents::File>> OpenContents::Open(const std::string& path) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = by_path_.find(path);
    if (found != by_path_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->second;
    }
  }
  // Two threads may open the same file at once; the later one's is used by it alone.
  auto file = std::make_shared<File>();
  PL_ASSIGN_OR_RETURN(file->input, store_->OpenInput(path));
  PL_ASSIGN_OR_RETURN(file->size, file->input->GetSize());
  const std::lock_guard<std::mutex> lock(mutex_);
  if (by_path_.contains(path)) return file;
  recent_.emplace_front(path, file);
  by_path_.emplace(path, recent_.begin());
  if (recent_.size() > kMaxOpenFiles) {
    by_path_.erase(recent_.back().first);
    recent_.pop_back();
  }
  return file;
}

}  // namespace pixlake::lake
