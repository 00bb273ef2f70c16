// TIFF by libtiff, from memory.
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <tiffio.h>

#include "image/thumbnail/thumbnail_internal.h"

namespace pixlake::image {
namespace {

// What libtiff reads from, and its first error.
struct Source {
  std::span<const uint8_t> bytes;
  uint64_t position = 0;
  std::string error;
};

Source& SourceOf(thandle_t handle) {
  return *static_cast<Source*>(handle);
}

tmsize_t Read(thandle_t handle, void* to, tmsize_t size) {
  Source& source = SourceOf(handle);
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
  Source& source = SourceOf(handle);
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

// 1: handled, so that nothing is written to standard error.
int KeepError(TIFF*, void* handle, const char*, const char* format, va_list arguments) {
  Source& source = SourceOf(handle);
  if (!source.error.empty()) return 1;
  char text[256];
  std::vsnprintf(text, sizeof(text), format, arguments);
  source.error = text;
  return 1;
}

int DropWarning(TIFF*, void*, const char*, const char*, va_list) {
  return 1;
}

using Handle = std::unique_ptr<TIFF, void (*)(TIFF*)>;

Handle Open(Source* source, int64_t max_pixels) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  if (options == nullptr) return {nullptr, TIFFClose};
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), KeepError, source);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), DropWarning, source);
  // A strip may hold the whole image, of 4 samples of 16 bits.
  TIFFOpenOptionsSetMaxSingleMemAlloc(
      options.get(), static_cast<tmsize_t>(std::min<int64_t>(max_pixels, int64_t{1} << 40) * 8 + (16 << 20)));
  // "m": never mapped, as there is no file.
  return {TIFFClientOpenExt("image", "rm", source, Read, Write, Seek, Close, FileSize, nullptr, nullptr,
                            options.get()),
          TIFFClose};
}

}  // namespace

Result<RgbImage> ThumbnailOfTiff(const ThumbnailTask& task) {
  Source source{task.bytes, 0, {}};
  const auto failure = [&](ErrorCode code) {
    return Error(code, "decoding TIFF: " + (source.error.empty() ? "no reason given" : source.error));
  };
  const Handle tiff = Open(&source, task.max_pixels);
  if (tiff == nullptr) return failure(ErrorCode::kCorrupt);
  uint32_t width = 0, height = 0;
  uint16_t orientation = ORIENTATION_TOPLEFT;
  TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff.get(), TIFFTAG_IMAGELENGTH, &height);
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_ORIENTATION, &orientation);
  // libtiff might read a damaged directory otherwise than ReadHeader did.
  if (width == 0 || height == 0 || width > task.max_pixels / height) return failure(ErrorCode::kCorrupt);
  char reason[1024] = "";
  if (TIFFRGBAImageOK(tiff.get(), reason) == 0) {
    return Error(ErrorCode::kUnsupported, fmt::format("decoding TIFF: {}", static_cast<const char*>(reason)));
  }
  std::vector<uint32_t> raster(size_t{width} * height);
  // Asked for the orientation it has, libtiff turns nothing.
  if (TIFFReadRGBAImageOriented(tiff.get(), width, height, raster.data(), orientation, /*stopOnError=*/1) ==
      0) {
    return failure(ErrorCode::kCorrupt);
  }
  BoxScale scale({width, height}, FitWithin({width, height}, task.max_side));
  std::vector<uint8_t> rgb(size_t{width} * 3);
  for (uint32_t y = 0; y < height; ++y) {
    const uint32_t* row = &raster[size_t{y} * width];
    for (uint32_t x = 0; x < width; ++x) {
      // Colours come multiplied with alpha.
      const unsigned backdrop = (kBackdrop * (255 - TIFFGetA(row[x])) + 127) / 255;
      const unsigned colours[3] = {TIFFGetR(row[x]), TIFFGetG(row[x]), TIFFGetB(row[x])};
      for (size_t c = 0; c < 3; ++c)
        rgb[size_t{x} * 3 + c] = static_cast<uint8_t>(std::min(255u, colours[c] + backdrop));
    }
    scale.AddRow(rgb.data());
  }
  return scale.Finish();
}

}  // namespace pixlake::image
