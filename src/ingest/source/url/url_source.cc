#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <arrow/buffer.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/stop/stop_token.h"
#include "base/uuid.h"
#include "base/write_fully.h"
#include "image/hash/sha256.h"
#include "ingest/source/file_item_internal.h"
#include "ingest/source/url/url_source_internal.h"
#include "ingest/source/url/wanted_urls_internal.h"
#include "io/data_uri.h"
#include "io/http/fetcher.h"
#include "io/location.h"
#include "io/object_url.h"
#include "io/uri_scheme.h"

namespace pixlake::ingest {
namespace {

constexpr size_t kMostOfDataUri = 1024;
constexpr size_t kLookAhead = 4;  // jobs given to the fetcher for each connection

Status WriteFile(const std::string& path, std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) return ErrnoError(errno, "making", path);
  return WriteFully(file.get(), bytes.data(), bytes.size(), path);
}

class UrlStream : public ItemStream {
 public:
  UrlStream(std::unique_ptr<WantedUrls> wanted, SourceRun* run) : run_(run), wanted_(std::move(wanted)) {}

  Result<bool> Next(SourceItem* item) override {
    while (true) {
      PL_RETURN_NOT_OK(CheckStopped());
      const size_t most = kLookAhead * static_cast<size_t>(run_->options.fetch.connections);
      while (!ended_ && fetching_.size() < most) {
        PL_ASSIGN_OR_RETURN(const bool ready, Ask(item));
        if (ready) return true;
      }
      if (fetching_.empty()) return false;
      io::FetchResult result;
      if (!Wait(&result)) continue;
      PL_RETURN_NOT_OK(Fill(std::move(result), item));
      return true;
    }
  }

 private:
  // True when `item` needs no fetching.
  Result<bool> Ask(SourceItem* item) {
    WantedUrl wanted;
    PL_ASSIGN_OR_RETURN(const bool more, wanted_->Next(&wanted));
    ended_ = !more;
    if (!more || !met_.insert(PlaceOf(wanted.uri)).second) return false;
    ++run_->listed;
    Describe(wanted, item);
    if (!wanted.problem.empty()) {
      item->problem = Error(ErrorCode::kCorrupt, wanted.problem);
      return true;
    }
    if (!IsFetched(wanted.uri)) {
      TakeLocal(wanted.uri, run_->options.label_from_folder, item);
      return true;
    }
    // Whoever asked drops it as unchanged: there is nothing to read it from.
    if (run_->options.taken && run_->options.taken(item->uri, wanted.etag, item->label)) return true;
    *item = {};
    if (fetcher_ == nullptr) {
      PL_ASSIGN_OR_RETURN(fetcher_, io::Fetcher::Start(run_->options.fetch, [this](io::FetchResult result) {
                            const std::lock_guard lock(mutex_);
                            done_.push_back(std::move(result));
                            arrived_.notify_all();
                          }));
    }
    const int64_t tag = next_tag_++;
    fetching_.emplace(tag, wanted);
    PL_RETURN_NOT_OK(fetcher_->Submit(tag, wanted.uri));
    return false;
  }

  bool Wait(io::FetchResult* result) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::milliseconds(500), [&] { return !done_.empty(); });
    if (done_.empty()) return false;
    *result = std::move(done_.front());
    done_.pop_front();
    return true;
  }

  Status Fill(io::FetchResult result, SourceItem* item) {
    const auto at = fetching_.find(result.tag);
    const WantedUrl wanted = std::move(at->second);
    fetching_.erase(at);
    Describe(wanted, item);
    item->fetched = true;
    item->problem = result.status;
    if (!result.status.ok()) return Status::OK();
    const auto size = static_cast<int64_t>(result.body.size());
    item->size = size;
    if (size > run_->options.max_buffered_bytes && !run_->options.spill_folder.empty()) {
      item->path = run_->options.spill_folder + "/" + NewUuid() + ".spill";
      item->temporary = true;
      const Status written = WriteFile(item->path, result.body);
      if (!written.ok()) ::unlink(item->path.c_str());
      PL_RETURN_NOT_OK(written);
    } else {
      item->bytes = arrow::Buffer::FromString(std::move(result.body));
    }
    fetcher_->Release(size);
    return Status::OK();
  }

  // What is known of it before it is fetched.
  void Describe(const WantedUrl& wanted, SourceItem* item) const {
    item->uri = PlaceOf(wanted.uri);
    item->etag = wanted.etag;
    item->attributes = wanted.attributes;
    item->label = wanted.label;
    if (io::IsDataUri(wanted.uri)) {
      item->filename = "data";
      return;
    }
    const std::string_view path = std::string_view(wanted.uri).substr(0, wanted.uri.find_first_of("?#"));
    item->filename = LastComponent(path);
    if (!item->label && run_->options.label_from_folder) item->label = FolderLabel(path);
  }

  // A data: URI may be as long as its image: then its digest stands for what it carries.
  static std::string PlaceOf(const std::string& uri) {
    if (uri.size() <= kMostOfDataUri || !io::IsDataUri(uri)) return uri;
    const std::string head = uri.substr(0, std::min(uri.find(','), kMostOfDataUri));
    const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(uri.data()), uri.size());
    return head + ",#sha256=" + image::Sha256Hex(bytes);
  }

  // A path within a list, relative to the working folder.
  static void TakeLocal(const std::string& text, bool label_from_folder, SourceItem* item) {
    const auto place = io::Locate(text);
    if (!place.ok()) {
      item->problem = place.status();
      return;
    }
    item->uri = FileUri(place->path);
    item->filename = LastComponent(place->path);
    if (!item->label && label_from_folder) item->label = FolderLabel(place->path);
    struct stat status {};
    if (::stat(place->path.c_str(), &status) != 0) {
      item->problem = ErrnoError(errno, "looking at", item->uri);
    } else if (!S_ISREG(status.st_mode)) {
      item->problem = Error(ErrorCode::kUnsupported, item->uri + " is no ordinary file");
    } else {
      SetStatus(status, item);
      item->path = place->path;
    }
  }

  SourceRun* const run_;
  const std::unique_ptr<WantedUrls> wanted_;
  std::unordered_set<std::string> met_;
  std::unordered_map<int64_t, WantedUrl> fetching_;  // by tag
  int64_t next_tag_ = 0;
  bool ended_ = false;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<io::FetchResult> done_;
  std::unique_ptr<io::Fetcher> fetcher_;  // ends first
};

// Of the urls alone, for what is not looked for below arguments.
class UrlSource : public Source {
 public:
  UrlSource(std::unique_ptr<WantedUrls> wanted, const SourceOptions& options)
      : run_(options), stream_(std::move(wanted), &run_) {}

  Result<bool> Next(int64_t max_bytes, int64_t max_items, std::vector<SourceItem>* items) override {
    int64_t bytes = 0;
    for (int64_t count = 0; count == 0 || (bytes < max_bytes && count < max_items); ++count) {
      SourceItem item;
      PL_ASSIGN_OR_RETURN(const bool found, stream_.Next(&item));
      if (!found) return false;
      bytes += std::max<int64_t>(item.size, 0);
      items->push_back(std::move(item));
    }
    return true;
  }
  std::vector<std::string> complete_roots() const override { return {}; }
  int64_t skipped() const override { return run_.skipped; }

 private:
  SourceRun run_;
  UrlStream stream_;
};

}  // namespace

std::unique_ptr<Source> SourceOfUrls(std::unique_ptr<WantedUrls> wanted, const SourceOptions& options) {
  return std::make_unique<UrlSource>(std::move(wanted), options);
}

bool IsFetched(const std::string& argument) {
  const std::string scheme = io::SchemeOf(argument);
  return scheme == "http" || scheme == "https" || scheme == "data" || io::IsObjectUri(argument);
}

Result<std::unique_ptr<ItemStream>> OpenUrls(const std::string& argument, SourceRun* run) {
  std::unique_ptr<WantedUrls> wanted;
  if (!run->options.url_column.empty() && file::IsUrlListName(argument)) {
    PL_ASSIGN_OR_RETURN(wanted, UrlsOfList(argument, run->options));
  } else if (io::IsObjectUri(argument)) {
    PL_ASSIGN_OR_RETURN(wanted, UrlsOfStore(argument));
  } else {
    wanted = OneUrl(argument);
  }
  return std::make_unique<UrlStream>(std::move(wanted), run);
}

}  // namespace pixlake::ingest
