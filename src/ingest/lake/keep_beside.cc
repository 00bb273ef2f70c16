#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <span>

#include <arrow/io/interfaces.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/stop/stop_token.h"
#include "ingest/lake/keep_beside_internal.h"

namespace pixlake::ingest {
namespace {

// Of what nobody has sent yet: its name says what its bytes are.
Status SendBeside(io::Store* store, std::span<const uint8_t> bytes, const std::string& to) {
  constexpr size_t kSentAtOnce = size_t{8} << 20;
  const auto there = store->Stat(to);
  if (there.ok() && there->size == static_cast<int64_t>(bytes.size())) return Status::OK();
  PL_ASSIGN_OR_RETURN(const auto output, store->Create(to));
  for (size_t at = 0; at < bytes.size(); at += kSentAtOnce) {
    PL_RETURN_NOT_OK(CheckStopped());
    const auto part = bytes.subspan(at, std::min(kSentAtOnce, bytes.size() - at));
    PL_RETURN_NOT_OK(output->stream()->Write(part.data(), static_cast<int64_t>(part.size())));
  }
  const Status sent = output->Close();
  return !sent.ok() && CodeOf(sent) == ErrorCode::kAlreadyExists ? Status::OK() : sent;
}

// A file of the same disk, durable before it is named.
Status MoveBeside(const std::string& from, const std::string& folder, const std::string& id) {
  const std::string to = folder + "/" + id;
  const int fd = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, "opening", from);
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  if (!synced) return ErrnoError(errno, "syncing", from);
  if (::rename(from.c_str(), to.c_str()) != 0) return ErrnoError(errno, "moving to " + to + " from", from);
  const int folder_fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0) return ErrnoError(errno, "opening", folder);
  const bool folder_synced = ::fsync(folder_fd) == 0;
  ::close(folder_fd);
  return folder_synced ? Status::OK() : ErrnoError(errno, "syncing", folder);
}

}  // namespace

Status KeepBeside(io::Store* store, const std::string& folder, Content* content) {
  if (store->scheme() != "file") return SendBeside(store, content->bytes, folder + "/" + content->id);
  PL_RETURN_NOT_OK(MoveBeside(content->spilled, folder, content->id));
  content->spilled.clear();
  return Status::OK();
}

}  // namespace pixlake::ingest
