#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <thread>

#include <arrow/util/thread_pool.h>

#include "base/stop/stop_token.h"
#include "delta/action/action_json_internal.h"
#include "delta/log/commit_reader_internal.h"
#include "delta/log/table_path_internal.h"

namespace pixlake::delta {

namespace {

// A wave of commits that is parsed before any is taken: at most this many, this many bytes.
constexpr size_t kWaveFiles = 512;
constexpr int64_t kWaveBytes = int64_t{32} << 20;
// A store far away answers slowly however fast we parse.
constexpr size_t kRemoteThreads = 16;
constexpr size_t kMostThreads = 16;

Result<CommitActions> ReadOne(const io::Location& table, const std::string& path) {
  CommitActions out;
  PL_ASSIGN_OR_RETURN(std::string bytes, table.store->ReadAll(path));
  PL_RETURN_NOT_OK(ParseActions(std::move(bytes), FileName(path), [&](Action action) {
    if (auto* info = std::get_if<CommitInfo>(&action)) {
      if (!out.info) {
        out.info = std::move(*info);
      }
    } else {
      out.actions.push_back(std::move(action));
    }
    return Status::OK();
  }));
  return out;
}

}  // namespace

size_t ThreadsFor(size_t count, size_t each) {
  const auto cores = static_cast<size_t>(std::max(1, arrow::GetCpuThreadPoolCapacity()));
  return std::clamp<size_t>(count / each, 1, std::min(cores, kMostThreads));
}

Status ForEachParallel(size_t count, size_t threads, const std::function<Status(size_t)>& body) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  size_t failed = count;
  Status failure;
  std::atomic<bool> stop{false};
  const auto try_one = [&](size_t i) -> Status {
    try {
      return body(i);
    } catch (const std::bad_alloc&) {
      return Error(ErrorCode::kOverBudget, "out of memory while reading the log");
    } catch (const std::exception& error) {
      return Error(ErrorCode::kInternal, std::string("reading the log: ") + error.what());
    }
  };
  const auto work = [&] {
    for (size_t i = next++; i < count && !stop; i = next++) {
      const Status status = try_one(i);
      if (!status.ok()) {
        stop = true;
        const std::lock_guard lock(mutex);
        if (i < failed) {
          failed = i;
          failure = status;
        }
      }
    }
  };
  {
    std::vector<std::jthread> others;
    try {
      for (size_t i = 1; i < std::min(threads, count); ++i) {
        others.emplace_back([&work, token = CurrentStopToken()] {
          const StopScope scope(token);
          work();
        });
      }
    } catch (const std::exception&) {
      // Those that could be started do it all.
    }
    work();
  }
  return failure;
}

Status ReadCommits(const io::Location& table, const std::vector<io::ObjectInfo>& files,
                   const std::function<Status(const io::ObjectInfo&, CommitActions)>& take) {
  const bool local = table.store->scheme() == "file";
  for (size_t begin = 0; begin < files.size();) {
    size_t end = begin;
    for (int64_t bytes = 0; end < files.size() && end - begin < kWaveFiles; ++end) {
      bytes += files[end].size;
      if (end > begin && bytes > kWaveBytes) {
        break;
      }
    }
    PL_RETURN_NOT_OK(CheckStopped());
    std::vector<CommitActions> wave(end - begin);
    const size_t threads = local ? ThreadsFor(wave.size(), 16) : kRemoteThreads;
    PL_RETURN_NOT_OK(ForEachParallel(wave.size(), threads, [&](size_t i) -> Status {
      PL_ASSIGN_OR_RETURN(wave[i], ReadOne(table, files[begin + i].path));
      return Status::OK();
    }));
    for (size_t i = 0; i < wave.size(); ++i) {
      PL_RETURN_NOT_OK(take(files[begin + i], std::move(wave[i])));
    }
    begin = end;
  }
  return Status::OK();
}

}  // namespace pixlake::delta
