#include <algorithm>

#include "base/stop/stop_token.h"
#include "base/work/for_each.h"
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
  const auto threads = static_cast<size_t>(CurrentExecutor()->threads());
  return std::clamp<size_t>(count / each, 1, std::min(threads, kMostThreads));
}

ReadersFor ReadersOf(const io::Location& table, size_t count, size_t each) {
  if (table.store->scheme() == "file") return {WorkKind::kCpu, ThreadsFor(count, each)};
  return {WorkKind::kIo, kRemoteThreads};
}

Status ReadCommits(const io::Location& table, const std::vector<io::ObjectInfo>& files,
                   const std::function<Status(const io::ObjectInfo&, CommitActions)>& take) {
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
    const ReadersFor readers = ReadersOf(table, wave.size(), 16);
    PL_RETURN_NOT_OK(ForEach(readers.kind, wave.size(), readers.at_once, [&](size_t i) -> Status {
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
