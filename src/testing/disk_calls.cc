#include <cstdarg>

#include <dlfcn.h>

#include "testing/disk_calls_internal.h"

// The C library's calls. They go by labels of the assembler, so that they need not agree with what
// its headers say of exceptions and attributes.
namespace {

using pixlake::test::DiskCalls;

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

#define PIXLAKE_CALL(type, name, declared)                 \
  extern "C" type Recorded_##name declared __asm__(#name); \
  extern "C" type Recorded_##name declared
#define PIXLAKE_NEXT(type, name, declared) static type(*const next) declared = Next<type(*) declared>(#name)

#define PIXLAKE_OPEN(name)                                                                  \
  PIXLAKE_CALL(int, name, (const char* path, int flags, ...)) {                             \
    PIXLAKE_NEXT(int, name, (const char*, int, ...));                                       \
    va_list rest;                                                                           \
    va_start(rest, flags);                                                                  \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;    \
    va_end(rest);                                                                           \
    return DiskCalls::Open(AT_FDCWD, path, flags, [&] { return next(path, flags, mode); }); \
  }
PIXLAKE_OPEN(open)
PIXLAKE_OPEN(open64)

#define PIXLAKE_OPENAT(name)                                                              \
  PIXLAKE_CALL(int, name, (int at, const char* path, int flags, ...)) {                   \
    PIXLAKE_NEXT(int, name, (int, const char*, int, ...));                                \
    va_list rest;                                                                         \
    va_start(rest, flags);                                                                \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;  \
    va_end(rest);                                                                         \
    return DiskCalls::Open(at, path, flags, [&] { return next(at, path, flags, mode); }); \
  }
PIXLAKE_OPENAT(openat)
PIXLAKE_OPENAT(openat64)

PIXLAKE_CALL(ssize_t, write, (int fd, const void* bytes, size_t size)) {
  PIXLAKE_NEXT(ssize_t, write, (int, const void*, size_t));
  const iovec part{const_cast<void*>(bytes), size};
  return DiskCalls::Write(fd, &part, 1, -1, [&] { return next(fd, bytes, size); });
}

PIXLAKE_CALL(ssize_t, writev, (int fd, const iovec* parts, int count)) {
  PIXLAKE_NEXT(ssize_t, writev, (int, const iovec*, int));
  return DiskCalls::Write(fd, parts, count, -1, [&] { return next(fd, parts, count); });
}

#define PIXLAKE_PWRITE(name)                                                                      \
  PIXLAKE_CALL(ssize_t, name, (int fd, const void* bytes, size_t size, off_t offset)) {           \
    PIXLAKE_NEXT(ssize_t, name, (int, const void*, size_t, off_t));                               \
    const iovec part{const_cast<void*>(bytes), size};                                             \
    return DiskCalls::Write(fd, &part, 1, offset, [&] { return next(fd, bytes, size, offset); }); \
  }
PIXLAKE_PWRITE(pwrite)
PIXLAKE_PWRITE(pwrite64)

#define PIXLAKE_SYNC(name)                                \
  PIXLAKE_CALL(int, name, (int fd)) {                     \
    PIXLAKE_NEXT(int, name, (int));                       \
    return DiskCalls::Sync(fd, [&] { return next(fd); }); \
  }
PIXLAKE_SYNC(fsync)
PIXLAKE_SYNC(fdatasync)

#define PIXLAKE_FTRUNCATE(name)                                                                \
  PIXLAKE_CALL(int, name, (int fd, off_t size)) {                                              \
    PIXLAKE_NEXT(int, name, (int, off_t));                                                     \
    struct stat info {};                                                                       \
    const bool known = ::fstat(fd, &info) == 0;                                                \
    return DiskCalls::Truncate(known ? &info : nullptr, size, [&] { return next(fd, size); }); \
  }
PIXLAKE_FTRUNCATE(ftruncate)
PIXLAKE_FTRUNCATE(ftruncate64)

#define PIXLAKE_REMOVE(name)                                              \
  PIXLAKE_CALL(int, name, (const char* path)) {                           \
    PIXLAKE_NEXT(int, name, (const char*));                               \
    return DiskCalls::Remove(AT_FDCWD, path, [&] { return next(path); }); \
  }
PIXLAKE_REMOVE(unlink)
PIXLAKE_REMOVE(rmdir)
PIXLAKE_REMOVE(remove)

PIXLAKE_CALL(int, unlinkat, (int at, const char* path, int flags)) {
  PIXLAKE_NEXT(int, unlinkat, (int, const char*, int));
  return DiskCalls::Remove(at, path, [&] { return next(at, path, flags); });
}

PIXLAKE_CALL(int, mkdir, (const char* path, mode_t mode)) {
  PIXLAKE_NEXT(int, mkdir, (const char*, mode_t));
  return DiskCalls::MakeFolder(AT_FDCWD, path, [&] { return next(path, mode); });
}

PIXLAKE_CALL(int, rename, (const char* from, const char* to)) {
  PIXLAKE_NEXT(int, rename, (const char*, const char*));
  return DiskCalls::Give(AT_FDCWD, from, AT_FDCWD, to, true, [&] { return next(from, to); });
}

PIXLAKE_CALL(int, renameat2, (int from_at, const char* from, int to_at, const char* to, unsigned flags)) {
  PIXLAKE_NEXT(int, renameat2, (int, const char*, int, const char*, unsigned));
  return DiskCalls::Give(from_at, from, to_at, to, true,
                         [&] { return next(from_at, from, to_at, to, flags); });
}

PIXLAKE_CALL(int, link, (const char* from, const char* to)) {
  PIXLAKE_NEXT(int, link, (const char*, const char*));
  return DiskCalls::Give(AT_FDCWD, from, AT_FDCWD, to, false, [&] { return next(from, to); });
}
