#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

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

// Warnings of libtiff's and libjpeg's that say something of the file and nothing of pixels.
bool IsHarmless(std::string_view warning) {
  using namespace std::string_view_literals;
  static constexpr auto kHarmless = std::to_array<std::string_view>({
      "Deprecated and troublesome old-style JPEG"sv,
      "Subsampling tag is not set"sv,
      "Subsampling tag not appropriate"sv,
      "Subsampling inside JPEG data"sv,
      "Auto-corrected former TIFF subsampling values"sv,
      "encoded with progressive mode"sv,
      "JPEG strip size exceeds expected dimensions"sv,
      "extraneous bytes before marker"sv,
      "unknown JFIF revision number"sv,
      "Unknown Adobe color transform code"sv,
  });
  return std::any_of(kHarmless.begin(), kHarmless.end(),
                     [&](std::string_view text) { return warning.find(text) != std::string_view::npos; });
}

int KeepWarning(TIFF*, void* handle, const char*, const char* format, va_list arguments) {
  std::string warning;
  Keep(&warning, format, arguments);
  std::string& kept = SourceOf(handle).warning;
  if (kept.empty() && !IsHarmless(warning)) kept = std::move(warning);
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
