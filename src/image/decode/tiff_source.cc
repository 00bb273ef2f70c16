#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "image/decode/tiff_source_internal.h"

namespace pixlake::image {
namespace {

TiffSource& SourceOf(thandle_t handle) {
  return *static_cast<TiffSource*>(handle);
}

tmsize_t Read(thandle_t handle, void* to, tmsize_t size) {
  TiffSource& source = SourceOf(handle);
  const uint64_t left = source.bytes.size() - std::min<uint64_t>(source.position, source.bytes.size());
  const uint64_t count = std::min(left, static_cast<uint64_t>(std::max<tmsize_t>(size, 0)));
  if (count != 0) std::memcpy(to, source.bytes.data() + source.position, count);
  source.position += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t Write(thandle_t, void*, tmsize_t) {
  return 0;
}

toff_t Seek(thandle_t handle, toff_t offset, int whence) {
  TiffSource& source = SourceOf(handle);
  if (whence == SEEK_CUR) offset += source.position;
  if (whence == SEEK_END) offset += source.bytes.size();
  source.position = offset;
  return offset;
}

int Close(thandle_t) {
  return 0;
}

toff_t FileSize(thandle_t handle) {
  return SourceOf(handle).bytes.size();
}

void Keep(std::string* where, const char* format, va_list arguments) {
  if (!where->empty()) return;
  char text[256];
  std::vsnprintf(text, sizeof(text), format, arguments);
  *where = text;
}

// 1: handled, so that nothing is written to standard error.
int KeepError(TIFF*, void* handle, const char*, const char* format, va_list arguments) {
  Keep(&SourceOf(handle).error, format, arguments);
  return 1;
}

int KeepWarning(TIFF*, void* handle, const char*, const char* format, va_list arguments) {
  Keep(&SourceOf(handle).warning, format, arguments);
  return 1;
}

}  // namespace

TiffHandle OpenTiff(TiffSource* source, int64_t max_alloc) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  if (options == nullptr) return {nullptr, TIFFClose};
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), KeepError, source);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), KeepWarning, source);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(max_alloc));
  // "m": never mapped, as there is no file.
  return {TIFFClientOpenExt("image", "rm", source, Read, Write, Seek, Close, FileSize, nullptr, nullptr,
                            options.get()),
          TIFFClose};
}

}  // namespace pixlake::image
