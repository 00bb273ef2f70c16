/* Loaded into a program (LD_PRELOAD), stops it (SIGSTOP) just before it puts its first commit into a
   Delta log, so that others can commit in between. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static void Stop(const char* to) {
  static atomic_int stopped;
  const char* log = strstr(to, "/_delta_log/");
  const size_t length = strlen(to);
  if (log == NULL || length < 5 || strcmp(to + length - 5, ".json") != 0) return;
  if (atomic_exchange(&stopped, 1) == 0) raise(SIGSTOP);
}

#define FORWARD(name, declared, passed)               \
  int name declared {                                 \
    static int(*next) declared;                       \
    if (next == NULL) next = dlsym(RTLD_NEXT, #name); \
    Stop(to);                                         \
    return next passed;                               \
  }

FORWARD(link, (const char* from, const char* to), (from, to))
FORWARD(linkat, (int a, const char* from, int b, const char* to, int flags), (a, from, b, to, flags))
FORWARD(renameat2, (int a, const char* from, int b, const char* to, unsigned flags), (a, from, b, to, flags))
