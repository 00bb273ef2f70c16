#include "engine/inspect.h"

#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "image/metadata/metadata.h"
#include "image/verdict.h"

#include "kernel/judged.h"

namespace pixlake::engine {
namespace {

// Of a mapped file that another program shortens, reading is a SIGBUS; so only what is
// too large to be read whole is mapped.
constexpr size_t kMostRead = 16 << 20;

class Mapping {
 public:
  Mapping(int fd, size_t size) : size_(size), at_(::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0)) {}
  ~Mapping() {
    if (at_ != MAP_FAILED) ::munmap(at_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  bool ok() const { return at_ != MAP_FAILED; }
  std::span<const uint8_t> bytes() const { return {static_cast<const uint8_t*>(at_), size_}; }

 private:
  const size_t size_;
  void* const at_;
};

Result<Inspection> Describe(const std::string& path, std::span<const uint8_t> bytes, int descriptor,
                            const kernel::Kernel& judge, const kernel::Context& context) {
  kernel::JudgeInput input;
  input.bytes = bytes;
  input.filename = path;
  input.descriptor = descriptor;
  PL_ASSIGN_OR_RETURN(const kernel::Judged judged, kernel::JudgeOne(judge, input, context));
  const image::Answer image = judged.Answer(0);
  Inspection inspection;
  inspection.sound = image.judgement.verdict == image::Verdict::kOk;
  inspection.json = "{\"path\":";
  image::AppendJsonString(path, &inspection.json);
  inspection.json += ',';
  inspection.json += image.description.members;
  inspection.json += ',';
  image::AppendJudgementMembers(image.judgement, &inspection.json);
  inspection.json += '}';
  return inspection;
}

Result<std::vector<uint8_t>> ReadWhole(int fd, size_t size, const std::string& path) {
  std::vector<uint8_t> bytes(size);
  size_t have = 0;
  while (have < size) {
    const ssize_t got = ::pread(fd, bytes.data() + have, size - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, "reading", path);
    if (got == 0) break;  // shortened meanwhile
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace

Result<Inspection> InspectFile(const std::string& path, const kernel::Kernel& judge,
                               const kernel::Context& context) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return ErrnoError(errno, "opening", path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return ErrnoError(errno, "reading", path);
  if (S_ISDIR(status.st_mode)) {
    return Error(ErrorCode::kUnsupported,
                 "inspecting `" + path + "`: it is a folder, expected an image file");
  }
  if (!S_ISREG(status.st_mode)) {
    return Error(ErrorCode::kUnsupported, "inspecting `" + path + "`: it is no ordinary file");
  }
  const auto size = static_cast<size_t>(status.st_size);
  if (size > kMostRead) {
    const Mapping mapping(file.get(), size);
    if (!mapping.ok()) return ErrnoError(errno, "mapping", path);
    return Describe(path, mapping.bytes(), file.get(), judge, context);
  }
  PL_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadWhole(file.get(), size, path));
  return Describe(path, bytes, -1, judge, context);
}

std::string UnreadableJson(const std::string& path, const Status& status) {
  std::string json = "{\"path\":";
  image::AppendJsonString(path, &json);
  json += ",\"verdict\":\"";
  json += image::VerdictName(image::Verdict::kUnreadable);
  json += "\",\"code\":";
  image::AppendJsonString(CodeName(CodeOf(status)), &json);
  json += ",\"message\":";
  image::AppendJsonString(status.message(), &json);
  return json + "}";
}

}  // namespace pixlake::engine
