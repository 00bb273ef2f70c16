// JPEG by libjpeg-turbo, which scales by n/8 while it decodes.
#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>

#include <fmt/format.h>
// jpeglib.h needs the standard headers in front of it, and jerror.h has other numbers
// without it.
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include "image/decode/jpeg_scans.h"
#include "image/thumbnail/thumbnail_internal.h"

namespace pixlake::image {
namespace {

// libjpeg leaves through longjmp, so nothing that lies between setjmp and its calls
// may have a destructor: everything is here, and dies with its owner.
struct Decoder {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
  int code;             // of the last error
  int damage;           // the first warning that pixels were lost, else 0
  bool too_many_scans;  // hostile
};

Decoder* DecoderOf(j_common_ptr info) {
  return static_cast<Decoder*>(info->client_data);
}

[[noreturn]] void LeaveOnError(j_common_ptr info) {
  Decoder* decoder = DecoderOf(info);
  decoder->code = info->err->msg_code;
  info->err->format_message(info, decoder->message);
  std::longjmp(decoder->failed, 1);
}

// The warnings after which libjpeg makes pixels up. Others are of bytes between
// segments or unusual markers.
void NoteWarning(j_common_ptr info, int level) {
  if (level >= 0) return;
  Decoder* decoder = DecoderOf(info);
  switch (info->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
      if (decoder->damage != 0) return;
      decoder->damage = info->err->msg_code;
      info->err->format_message(info, decoder->message);
      break;
    default:
      break;
  }
}

void StayQuiet(j_common_ptr) {}

void CountScans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMostJpegScans) return;
  DecoderOf(info)->too_many_scans = true;
  std::longjmp(DecoderOf(info)->failed, 1);
}

// False when libjpeg gave up; `decoder` has the reason.
bool Start(Decoder* decoder, const ThumbnailTask& task) {
  jpeg_decompress_struct& info = decoder->info;
  info.err = jpeg_std_error(&decoder->errors);
  decoder->errors.error_exit = LeaveOnError;
  decoder->errors.emit_message = NoteWarning;
  decoder->errors.output_message = StayQuiet;
  info.client_data = decoder;
  if (setjmp(decoder->failed) != 0) return false;
  jpeg_create_decompress(&info);
  info.client_data = decoder;
  decoder->progress.progress_monitor = CountScans;
  info.progress = &decoder->progress;
  // Coefficients of a progressive image take 2 bytes each.
  info.mem->max_memory_to_use =
      static_cast<long>(std::min<int64_t>(task.max_pixels, int64_t{1} << 40) * 8 + (16 << 20));
  jpeg_mem_src(&info, task.bytes.data(), static_cast<unsigned long>(task.bytes.size()));
  jpeg_read_header(&info, TRUE);
  info.out_color_space = info.num_components == 4 ? JCS_CMYK : JCS_RGB;
  // The smallest scale that is not below what is wanted.
  const Size wanted = FitWithin(task.size(), task.max_side);
  info.scale_denom = 8;
  for (info.scale_num = 1; info.scale_num < 8; ++info.scale_num) {
    jpeg_calc_output_dimensions(&info);
    if (info.output_width >= wanted.width && info.output_height >= wanted.height) break;
  }
  jpeg_start_decompress(&info);
  return true;
}

// Adobe stores ink inverted, others as it is.
void CmykRow(const uint8_t* cmyk, size_t pixels, bool inverted, uint8_t* rgb) {
  for (size_t i = 0; i < pixels; ++i) {
    const unsigned flip = inverted ? 0 : 255;
    const unsigned key = cmyk[4 * i + 3] ^ flip;
    for (size_t c = 0; c < 3; ++c) {
      rgb[3 * i + c] = static_cast<uint8_t>(((cmyk[4 * i + c] ^ flip) * key + 127) / 255);
    }
  }
}

bool ReadRows(Decoder* decoder, uint8_t* row, uint8_t* rgb, BoxScale* scale) {
  jpeg_decompress_struct& info = decoder->info;
  if (setjmp(decoder->failed) != 0) return false;
  while (info.output_scanline < info.output_height) {
    JSAMPROW rows[1] = {row};
    jpeg_read_scanlines(&info, rows, 1);
    if (rgb != nullptr) CmykRow(row, info.output_width, info.saw_Adobe_marker != 0, rgb);
    scale->AddRow(rgb != nullptr ? rgb : row);
  }
  jpeg_finish_decompress(&info);
  return true;
}

Status Failure(const Decoder& decoder) {
  if (decoder.too_many_scans) {
    return Error(ErrorCode::kOverBudget, fmt::format("decoding JPEG: more than {} scans", kMostJpegScans));
  }
  const bool memory = decoder.code == JERR_OUT_OF_MEMORY || decoder.code == JERR_NO_BACKING_STORE;
  return Error(memory ? ErrorCode::kOverBudget : ErrorCode::kCorrupt,
               fmt::format("decoding JPEG: {}", static_cast<const char*>(decoder.message)));
}

}  // namespace

Result<RgbImage> ThumbnailOfJpeg(const ThumbnailTask& task) {
  const auto destroy = [](Decoder* decoder) {
    jpeg_destroy_decompress(&decoder->info);
    delete decoder;
  };
  const std::unique_ptr<Decoder, decltype(destroy)> decoder(new Decoder{}, destroy);
  if (!Start(decoder.get(), task)) return Failure(*decoder);
  const Size decoded{decoder->info.output_width, decoder->info.output_height};
  const Size wanted = FitWithin(task.size(), task.max_side);
  BoxScale scale(decoded, {std::min(wanted.width, decoded.width), std::min(wanted.height, decoded.height)});
  const bool cmyk = decoder->info.out_color_space == JCS_CMYK;
  std::vector<uint8_t> row(size_t{decoded.width} * 4), rgb(cmyk ? size_t{decoded.width} * 3 : 0);
  if (!ReadRows(decoder.get(), row.data(), cmyk ? rgb.data() : nullptr, &scale) || decoder->damage != 0) {
    return Failure(*decoder);
  }
  return scale.Finish();
}

}  // namespace pixlake::image
