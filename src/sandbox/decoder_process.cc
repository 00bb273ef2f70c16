#include "sandbox/decoder_process.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "sandbox/wire_internal.h"

namespace pixlake::sandbox {

namespace {

// A helper answers late only when it hangs where nobody looks at the clock.
constexpr std::chrono::milliseconds kGrace{1000};
constexpr std::chrono::milliseconds kStartTime{10'000};
// What is kept for the next image; larger ones give their memory back.
constexpr uint64_t kMostKept = 32 << 20;

// False at the deadline; true when there is something to read, the end included.
bool WaitReadable(int fd, std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now())
            .count();
    pollfd wait{fd, POLLIN, 0};
    const int got = ::poll(&wait, 1, time.count() == 0 ? -1 : static_cast<int>(std::max<int64_t>(left, 0)));
    if (got > 0) return true;
    if (got == 0) return false;
    if (errno != EINTR) return true;
  }
}

// The helper's end `fd`, moved above the descriptors that it is to become in the helper:
// dup2 onto itself would keep close-on-exec, onto another would close that.
Descriptor Born(int fd) {
  if (fd > kAlivePipe) return Descriptor(fd);
  const Descriptor low(fd);
  return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, kAlivePipe + 1));
}

bool SendQuestion(int socket, const WireQuestion& question, int fd) {
  iovec part{const_cast<WireQuestion*>(&question), sizeof(question)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
  ssize_t put = 0;
  do {
    put = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (put < 0 && errno == EINTR);
  return put == static_cast<ssize_t>(sizeof(question));
}

bool ReceiveAnswer(int socket, image::Answer* answer) {
  WireAnswer wire;
  if (!ReadFully(socket, &wire, sizeof(wire))) return false;
  std::optional<image::Answer> sane = FromWire(wire);
  if (!sane) return false;
  const auto texts = TextsOf(&*sane);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i] == nullptr) continue;
    texts[i]->resize(wire.text_sizes[i]);
    if (!ReadFully(socket, texts[i]->data(), wire.text_sizes[i])) return false;
  }
  std::string facts_text(wire.facts_size, '\0');
  if (!ReadFully(socket, facts_text.data(), facts_text.size())) return false;
  std::optional<image::CommonFacts> facts = FactsFromWire(facts_text);
  if (!facts || !AreMembers(sane->description.members)) return false;
  sane->description.facts = *std::move(facts);
  *answer = *std::move(sane);
  return true;
}

}  // namespace

struct DecoderProcess::Process {
  pid_t pid = -1;
  int socket = -1;
  int alive = -1;  // the helper ends when this is closed

  // Ends it and says how it ended, as waitpid does.
  int End() {
    if (socket >= 0) ::close(std::exchange(socket, -1));
    if (alive >= 0) ::close(std::exchange(alive, -1));
    int status = 0;
    if (pid > 0) {
      while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
      }
    }
    pid = -1;
    return status;
  }
  ~Process() {
    if (pid > 0) ::kill(pid, SIGKILL);
    End();
  }
};

std::string DecoderProgram() {
  std::string path(4096, '\0');
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  path.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return path.substr(0, path.rfind('/') + 1) + "pixlake-decoder";
}

DecoderProcess::DecoderProcess(DecoderOptions options) : options_(std::move(options)) {}

DecoderProcess::~DecoderProcess() {
  if (shared_ >= 0) ::close(shared_);
}

Status DecoderProcess::Start() {
  if (process_ != nullptr) return Status::OK();
  const std::string program = options_.program.empty() ? DecoderProgram() : options_.program;
  if (::access(program.c_str(), X_OK) != 0) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("the decoder {} is not there; it is installed beside pixlake, or decode without "
                             "--sandbox",
                             program));
  }
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrnoError(errno, "making a socket for", program);
  }
  auto process = std::make_unique<Process>();
  process->socket = ends[0];
  const Descriptor socket = Born(ends[1]);
  if (::pipe2(ends, O_CLOEXEC) != 0) return ErrnoError(errno, "making a pipe for", program);
  process->alive = ends[1];
  const Descriptor pipe = Born(ends[0]);
  if (!socket.ok() || !pipe.ok()) return ErrnoError(errno, "making a descriptor for", program);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket.get(), kDecoderSocket);
  posix_spawn_file_actions_adddup2(&actions, pipe.get(), kAlivePipe);
  const std::string memory = std::to_string(options_.max_memory);
  char* const arguments[] = {const_cast<char*>(program.c_str()), const_cast<char*>(memory.c_str()), nullptr};
  // No variables: neither secrets nor switches of libraries.
  char* const environment[] = {nullptr};
  const int failed = ::posix_spawn(&process->pid, program.c_str(), &actions, nullptr, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    process->pid = -1;
    return ErrnoError(failed, "starting", program);
  }
  ++times_started_;
  uint32_t ready = 0;
  if (!WaitReadable(process->socket, kStartTime) || !ReadFully(process->socket, &ready, sizeof(ready)) ||
      ready != kMagic) {
    return Error(
        ErrorCode::kInternal,
        fmt::format("{} does not start; does the kernel have seccomp? decode without --sandbox", program));
  }
  process_ = std::move(process);
  return Status::OK();
}

image::Answer DecoderProcess::Died(const image::Question& question, bool late, bool* killed) {
  image::Answer answer;
  if (late) {
    ::kill(process_->pid, SIGKILL);
    answer.judgement = {
        image::Verdict::kBomb, -1,
        fmt::format("decoding takes longer than the {} ms it may", question.budget.max_time.count())};
    process_->End();
  } else {
    // It may have answered nonsense and be alive.
    ::kill(process_->pid, SIGKILL);
    const int status = process_->End();
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    *killed = signal == SIGKILL || signal == SIGTERM;
    const image::Verdict verdict = signal == SIGBUS ? image::Verdict::kUnreadable : image::Verdict::kCorrupt;
    answer.judgement = {
        verdict, -1,
        signal == SIGBUS ? std::string("the file became shorter while it was decoded")
        : signal != 0    ? fmt::format("the decoder was ended by signal {} ({})", signal, ::strsignal(signal))
                         : fmt::format("the decoder ended with status {}", WEXITSTATUS(status))};
  }
  process_.reset();
  return answer;
}

Result<image::Answer> DecoderProcess::AskDescriptor(int fd, uint64_t size, const image::Question& question) {
  bool killed = false;
  PL_ASSIGN_OR_RETURN(image::Answer answer, AskOnce(fd, size, question, &killed));
  if (!killed) return answer;
  // No image makes a helper send itself that: somebody else did (the kernel when memory is
  // short, a person). The image is asked about again; what kills two is the image's.
  return AskOnce(fd, size, question, &killed);
}

Result<image::Answer> DecoderProcess::AskOnce(int fd, uint64_t size, const image::Question& question,
                                              bool* killed) {
  PL_RETURN_NOT_OK(Start());
  const WireQuestion wire = ToWire(question, size);
  const int socket = process_->socket;
  if (!SendQuestion(socket, wire, fd) || !WriteFully(socket, question.filename.data(), wire.name_size)) {
    return Died(question, false, killed);
  }
  const auto limit = question.budget.max_time;
  if (!WaitReadable(socket, limit.count() == 0 ? limit : limit + kGrace)) return Died(question, true, killed);
  image::Answer answer;
  if (!ReceiveAnswer(socket, &answer)) return Died(question, false, killed);
  return answer;
}

Result<image::Answer> DecoderProcess::AskFile(int fd, uint64_t size, const image::Question& question) {
  return AskDescriptor(fd, size, question);
}

Result<image::Answer> DecoderProcess::Ask(std::span<const uint8_t> bytes, const image::Question& question) {
  if (shared_ < 0) {
    shared_ = ::memfd_create("pixlake-image", MFD_CLOEXEC);
    shared_size_ = 0;
    if (shared_ < 0) return ErrnoError(errno, "making memory for", "pixlake-decoder");
  }
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::pwrite(shared_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return ErrnoError(errno, "handing an image to", "pixlake-decoder");
    done += static_cast<size_t>(put);
  }
  shared_size_ = std::max<uint64_t>(shared_size_, bytes.size());
  Result<image::Answer> answer = AskDescriptor(shared_, bytes.size(), question);
  if (shared_size_ > kMostKept) ::close(std::exchange(shared_, -1));
  return answer;
}

}  // namespace pixlake::sandbox
