#include <cerrno>
#include <csignal>
#include <cstddef>
#include <vector>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/confine_internal.h"

namespace pixlake::sandbox {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

// On descriptors that are open, on memory, on itself.
constexpr int kAllowed[] = {
    SYS_read,        SYS_write,          SYS_sendto,          SYS_recvmsg,       SYS_close,
    SYS_munmap,      SYS_mremap,         SYS_madvise,         SYS_brk,           SYS_futex,
    SYS_exit,        SYS_exit_group,     SYS_rt_sigreturn,    SYS_getpid,        SYS_gettid,
    SYS_tgkill,      SYS_rt_sigprocmask, SYS_rt_sigaction,    SYS_clock_gettime, SYS_gettimeofday,
    SYS_sched_yield, SYS_getrandom,      SYS_restart_syscall,
};
// Memory that is not to be executed.
constexpr int kAllowedWithoutExecution[] = {SYS_mmap, SYS_mprotect};

sock_filter Statement(uint16_t code, uint32_t k) {
  return {code, 0, 0, k};
}
sock_filter Jump(uint16_t code, uint32_t k, uint8_t yes, uint8_t no) {
  return {code, yes, no, k};
}

std::vector<sock_filter> Filter() {
  constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS, kEqual = BPF_JMP | BPF_JEQ | BPF_K;
  constexpr uint16_t kAnyBit = BPF_JMP | BPF_JSET | BPF_K, kReturn = BPF_RET | BPF_K;
  std::vector<sock_filter> filter = {
      Statement(kLoad, offsetof(seccomp_data, arch)),
      Jump(kEqual, kArchitecture, 1, 0),
      Statement(kReturn, SECCOMP_RET_KILL_PROCESS),
      Statement(kLoad, offsetof(seccomp_data, nr)),
  };
  for (const int call : kAllowed) {
    filter.push_back(Jump(kEqual, static_cast<uint32_t>(call), 0, 1));
    filter.push_back(Statement(kReturn, SECCOMP_RET_ALLOW));
  }
  for (const int call : kAllowedWithoutExecution) {
    // The third argument is the protection; both machines are little-endian.
    filter.push_back(Jump(kEqual, static_cast<uint32_t>(call), 0, 4));
    filter.push_back(Statement(kLoad, offsetof(seccomp_data, args) + 2 * sizeof(uint64_t)));
    filter.push_back(Jump(kAnyBit, PROT_EXEC, 0, 1));
    filter.push_back(Statement(kReturn, SECCOMP_RET_KILL_PROCESS));
    filter.push_back(Statement(kReturn, SECCOMP_RET_ALLOW));
  }
  filter.push_back(Statement(kReturn, SECCOMP_RET_KILL_PROCESS));
  return filter;
}

bool Limit(int resource, uint64_t most) {
  const rlimit limit{most, most};
  return ::setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0;
}

}  // namespace

bool EndWithWriterOf(int fd) {
  // Ignored and blocked signals are inherited.
  if (::signal(SIGIO, SIG_DFL) == SIG_ERR) return false;
  sigset_t none;
  sigemptyset(&none);
  if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0) return false;
  if (::fcntl(fd, F_SETOWN, ::getpid()) != 0 || ::fcntl(fd, F_SETFL, O_ASYNC) != 0) return false;
  pollfd gone{fd, POLLIN, 0};
  return ::poll(&gone, 1, 0) == 0;
}

bool Confine(int64_t max_memory) {
  if (!Limit(RLIMIT_CORE, 0)) return false;
  if (kSanitized) return true;
  // Private memory that can be written; the image itself is mapped read-only.
  if (max_memory > 0 && !Limit(RLIMIT_DATA, static_cast<uint64_t>(max_memory))) return false;
  std::vector<sock_filter> filter = Filter();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace pixlake::sandbox
