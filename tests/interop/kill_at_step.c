/* Loaded into a program (LD_PRELOAD), kills it before the n-th call that changes a file: KILL_AT=n. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static void Step(void) {
  static atomic_int calls;
  const char* at = getenv("KILL_AT");
  if (at != NULL && atomic_fetch_add(&calls, 1) + 1 == atoi(at)) kill(getpid(), SIGKILL);
}

#define FORWARD(type, name, declared, passed)          \
  type name declared {                                 \
    static type(*next) declared;                       \
    if (next == NULL) next = dlsym(RTLD_NEXT, #name);  \
    Step();                                            \
    return next passed;                                \
  }

FORWARD(int, link, (const char* from, const char* to), (from, to))
FORWARD(int, linkat, (int a, const char* from, int b, const char* to, int flags), (a, from, b, to, flags))
FORWARD(int, rename, (const char* from, const char* to), (from, to))
FORWARD(int, renameat2, (int a, const char* from, int b, const char* to, unsigned flags), (a, from, b, to, flags))
FORWARD(int, unlink, (const char* path), (path))
FORWARD(int, mkdir, (const char* path, mode_t mode), (path, mode))
FORWARD(int, fsync, (int fd), (fd))
FORWARD(int, fdatasync, (int fd), (fd))

#define FORWARD_OPEN(name)                                                        \
  int name(const char* path, int flags, ...) {                                    \
    static int (*next)(const char*, int, ...);                                    \
    if (next == NULL) next = (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, #name); \
    if ((flags & O_CREAT) == 0) return next(path, flags);                         \
    va_list rest;                                                                 \
    va_start(rest, flags);                                                        \
    const mode_t mode = va_arg(rest, mode_t);                                     \
    va_end(rest);                                                                 \
    Step();                                                                       \
    return next(path, flags, mode);                                               \
  }

FORWARD_OPEN(open)
FORWARD_OPEN(open64)
