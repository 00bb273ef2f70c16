#include <csignal>
#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/confine_internal.h"

namespace pixlake::sandbox {
namespace {

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

template <typename Act>
void ConfinedDo(Act act) {
  if (!Confine(int64_t{256} << 20)) ::_exit(90);
  act();
  ::_exit(0);
}

TEST(ConfineDeathTest, MemoryAndExitingAreAllowed) {
  EXPECT_EXIT(ConfinedDo([] {
                std::vector<char> memory(1 << 20, 'x');
                if (memory.back() != 'x') ::_exit(1);
              }),
              testing::ExitedWithCode(0), "");
}

TEST(ConfineDeathTest, FilesCannotBeOpened) {
  EXPECT_EXIT(ConfinedDo([] { (void)::open("/etc/passwd", O_RDONLY); }), testing::KilledBySignal(SIGSYS), "");
}

TEST(ConfineDeathTest, SocketsCannotBeMade) {
  EXPECT_EXIT(ConfinedDo([] { (void)::socket(AF_INET, SOCK_STREAM, 0); }), testing::KilledBySignal(SIGSYS),
              "");
}

TEST(ConfineDeathTest, ProgramsCannotBeStarted) {
  EXPECT_EXIT(ConfinedDo([] { ::execl("/bin/true", "true", nullptr); }), testing::KilledBySignal(SIGSYS), "");
}

TEST(ConfineDeathTest, MemoryCannotBeExecuted) {
  EXPECT_EXIT(ConfinedDo([] {
                (void)::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              }),
              testing::KilledBySignal(SIGSYS), "");
}

TEST(ConfineDeathTest, MemoryIsBounded) {
  EXPECT_EXIT(ConfinedDo([] {
                void* much = std::malloc(size_t{512} << 20);
                ::_exit(much == nullptr ? 42 : 1);
              }),
              testing::ExitedWithCode(42), "");
}

#endif

}  // namespace
}  // namespace pixlake::sandbox
