#include "engine/output/descriptor_output.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/stop/stop_token.h"

namespace pixlake::engine {

Result<std::unique_ptr<DescriptorOutput>> DescriptorOutput::Open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (descriptor < 0) return ErrnoError(errno, "opening", path);
  auto out = std::make_unique<DescriptorOutput>(descriptor, path);
  out->owned_ = true;
  return out;
}

DescriptorOutput::~DescriptorOutput() {
  if (owned_ && !closed_) ::close(descriptor_);
}

Status DescriptorOutput::Write(const void* data, int64_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t put = ::write(descriptor_, at, static_cast<size_t>(std::min<int64_t>(size, 1 << 30)));
    if (put < 0 && errno == EINTR) {
      PL_RETURN_NOT_OK(CheckStopped());
      continue;
    }
    if (put < 0) return ErrnoError(errno, "writing", what_);
    at += put;
    size -= put;
    position_ += put;
  }
  return Status::OK();
}

Status DescriptorOutput::Close() {
  if (closed_) return Status::OK();
  closed_ = true;
  if (!owned_ || ::close(descriptor_) == 0) return Status::OK();
  return ErrnoError(errno, "writing", what_);
}

}  // namespace pixlake::engine
