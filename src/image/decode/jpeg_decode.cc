// JPEG by libjpeg-turbo.
#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

// jpeglib.h needs the standard headers in front of it, and jerror.h has other numbers
// without it.
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include "image/decode/decode_internal.h"
#include "image/decode/jpeg_scans.h"

namespace pixlake::image {
namespace {

enum class End { kNone, kError, kDamage, kTime, kScans };

// libjpeg leaves through longjmp, so nothing that lies between setjmp and its calls
// may have a destructor: everything is here, and dies with its owner.
struct JpegDecoder {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
  const Deadline* deadline;
  const uint8_t* begin;
  End end;
  int code;        // of the error or of the damage
  int64_t offset;  // how far the file had been read then
};

JpegDecoder* DecoderOf(j_common_ptr info) {
  return static_cast<JpegDecoder*>(info->client_data);
}

[[noreturn]] void Leave(j_common_ptr info, End end) {
  JpegDecoder* decoder = DecoderOf(info);
  decoder->end = end;
  decoder->code = info->err->msg_code;
  const jpeg_source_mgr* source = decoder->info.src;
  decoder->offset = source == nullptr ? -1 : source->next_input_byte - decoder->begin;
  if (end == End::kError || end == End::kDamage) info->err->format_message(info, decoder->message);
  std::longjmp(decoder->failed, 1);
}

[[noreturn]] void LeaveOnError(j_common_ptr info) {
  Leave(info, End::kError);
}

// The warnings after which libjpeg makes pixels up. Others are of bytes between
// segments or of unusual markers.
void LeaveOnDamage(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
      Leave(info, End::kDamage);
    default:
      break;
  }
}

void StayQuiet(j_common_ptr) {}

// Called for every row of blocks, of every scan.
void CheckLimits(j_common_ptr info) {
  JpegDecoder* decoder = DecoderOf(info);
  if (decoder->info.input_scan_number > kMostJpegScans) Leave(info, End::kScans);
  if (decoder->deadline->Passed()) Leave(info, End::kTime);
}

bool Start(JpegDecoder* decoder, const DecodeTask& task) {
  jpeg_decompress_struct& info = decoder->info;
  info.err = jpeg_std_error(&decoder->errors);
  decoder->errors.error_exit = LeaveOnError;
  decoder->errors.emit_message = LeaveOnDamage;
  decoder->errors.output_message = StayQuiet;
  decoder->begin = task.bytes.data();
  decoder->deadline = &task.deadline;
  info.client_data = decoder;
  if (setjmp(decoder->failed) != 0) return false;
  jpeg_create_decompress(&info);
  info.client_data = decoder;
  decoder->progress.progress_monitor = CheckLimits;
  info.progress = &decoder->progress;
  info.mem->max_memory_to_use = static_cast<long>(task.budget.max_memory);
  jpeg_mem_src(&info, task.bytes.data(), static_cast<unsigned long>(task.bytes.size()));
  jpeg_read_header(&info, TRUE);
  if (task.sink == nullptr) {
    // One pixel of eight by eight: the entropy-coded data, all that can be damaged, is
    // decoded whole, and nothing is computed from it.
    info.scale_num = 1;
    info.scale_denom = 8;
    info.out_color_space = info.jpeg_color_space;
    info.do_fancy_upsampling = FALSE;
  } else {
    info.out_color_space = info.num_components == 4   ? JCS_CMYK
                           : info.num_components == 1 ? JCS_GRAYSCALE
                                                      : JCS_RGB;
  }
  jpeg_start_decompress(&info);
  return true;
}

bool ReadScanLines(JpegDecoder* decoder, uint8_t* row, RowSink* sink) {
  jpeg_decompress_struct& info = decoder->info;
  if (setjmp(decoder->failed) != 0) return false;
  while (info.output_scanline < info.output_height) {
    JSAMPROW rows[1] = {row};
    jpeg_read_scanlines(&info, rows, 1);
    if (sink != nullptr) sink->Row(row);
  }
  jpeg_finish_decompress(&info);
  return true;
}

Result<DecodeResult> Failure(const JpegDecoder& decoder, const DecodeTask& task) {
  const std::string message = fmt::format("JPEG: {}", static_cast<const char*>(decoder.message));
  switch (decoder.end) {
    case End::kTime:
      return DecodeResult{task.deadline.Exceeded(), 0};
    case End::kScans:
      return DecodeResult{
          {Verdict::kBomb, decoder.offset, fmt::format("JPEG: more than {} scans", kMostJpegScans)}, 0};
    case End::kDamage:
      if (decoder.code == JWRN_JPEG_EOF)
        return DecodeResult{TruncatedAt(HostileBytes(task.bytes), message), 0};
      return DecodeResult{{Verdict::kCorrupt, decoder.offset, message}, 0};
    default:
      break;
  }
  switch (decoder.code) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
      return Error(ErrorCode::kOverBudget,
                   fmt::format("decoding JPEG of {}x{} pixels takes more than {} bytes of memory",
                               task.header.width, task.header.height, task.budget.max_memory));
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_ARITH_NOTIMPL:
      return DecodeResult{{Verdict::kUnsupported, decoder.offset, message}, 0};
    case JERR_INPUT_EOF:
      return DecodeResult{TruncatedAt(HostileBytes(task.bytes), message), 0};
    default:
      return DecodeResult{{Verdict::kCorrupt, decoder.offset, message}, 0};
  }
}

// Adobe stores ink inverted, others as it is.
class InvertedInk : public RowSink {
 public:
  InvertedInk(RowSink* to, size_t bytes) : to_(to), row_(bytes) {}
  Status Begin(const PixelLayout&) override { return Status::OK(); }
  void Row(const uint8_t* samples) override {
    std::transform(samples, samples + row_.size(), row_.begin(),
                   [](uint8_t ink) { return static_cast<uint8_t>(255 - ink); });
    to_->Row(row_.data());
  }

 private:
  RowSink* const to_;
  std::vector<uint8_t> row_;
};

}  // namespace

Result<DecodeResult> DecodeJpeg(const DecodeTask& task) {
  const auto destroy = [](JpegDecoder* decoder) {
    jpeg_destroy_decompress(&decoder->info);
    delete decoder;
  };
  const std::unique_ptr<JpegDecoder, decltype(destroy)> decoder(new JpegDecoder{}, destroy);
  if (!Start(decoder.get(), task)) return Failure(*decoder, task);
  const jpeg_decompress_struct& info = decoder->info;
  const int channels = info.output_components;
  std::vector<uint8_t> row(size_t{info.output_width} * static_cast<size_t>(channels));
  RowSink* sink = task.sink;
  InvertedInk inverted(sink, row.size());
  if (sink != nullptr) {
    PL_RETURN_NOT_OK(sink->Begin({info.output_width, info.output_height, channels, 8, channels == 4}));
    if (channels == 4 && info.saw_Adobe_marker != FALSE) sink = &inverted;
  }
  if (!ReadScanLines(decoder.get(), row.data(), sink)) return Failure(*decoder, task);
  return DecodeResult{{}, 1};
}

}  // namespace pixlake::image
