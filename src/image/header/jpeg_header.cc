// ITU-T T.81 (JPEG).
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "image/header/header_internal.h"

namespace pixlake::image {
namespace {

// T.81, table B.1.
constexpr uint8_t kSof0 = 0xC0, kDht = 0xC4, kJpg = 0xC8, kDac = 0xCC, kRst0 = 0xD0, kRst7 = 0xD7;
constexpr uint8_t kSoi = 0xD8, kEoi = 0xD9, kSos = 0xDA, kDqt = 0xDB, kDnl = 0xDC, kDhp = 0xDE;
constexpr uint8_t kTem = 0x01, kSof15 = 0xCF;
constexpr uint8_t kJpegLs = 0xF7;  // T.87, C.1.1: SOF55
constexpr int kMostComponents = 255;
// Before the scan. A profile of 16 MB has 256; what is over this only costs time.
constexpr int kMostSegments = 1 << 20;

bool IsFrameHeader(uint8_t marker) {
  return marker >= kSof0 && marker <= kSof15 && marker != kDht && marker != kJpg && marker != kDac;
}

bool StandsAlone(uint8_t marker) {
  return marker == kTem || (marker >= kRst0 && marker <= kRst7);
}

struct Component {
  uint8_t id = 0;
  uint8_t table = 0;  // of quantization
};

struct Frame {
  ImageHeader header;
  uint8_t marker = 0;
  std::array<Component, kMostComponents> components;
};

// B.1.1.2: a marker is 0xFF and a byte neither 0 nor 0xFF, with any number of 0xFF
// in front. What stands between segments is skipped, as every decoder does. Returns
// the position after the marker, 0 when there is none up to the end.
uint64_t FindMarker(const HostileBytes& bytes, uint64_t position, uint8_t* marker) {
  while (bytes.Has(position, 2)) {
    if (bytes.Byte(position) != 0xFF) {
      const void* found = std::memchr(bytes.data() + position, 0xFF, bytes.size() - position);
      if (found == nullptr) return 0;
      position = static_cast<uint64_t>(static_cast<const uint8_t*>(found) - bytes.data());
    }
    ++position;
    while (bytes.Has(position, 8) && bytes.Big64(position) == ~uint64_t{0}) position += 8;
    while (bytes.Has(position, 1) && bytes.Byte(position) == 0xFF) ++position;
    if (!bytes.Has(position, 1)) return 0;
    *marker = bytes.Byte(position++);
    if (*marker != 0) return position;
  }
  return 0;
}

// Whether "FF D9" stands in bytes[begin, size), looked for from the end. The inner
// loop has no branch, so that it becomes SIMD and hostile bytes cannot slow it.
bool HasEndOfImage(const HostileBytes& bytes, uint64_t begin) {
  constexpr uint64_t kStride = 4096;
  uint64_t end = bytes.size();
  while (end - begin >= 2) {
    const uint64_t first = end - begin > kStride ? end - kStride : begin;
    const uint8_t* at = bytes.data() + first;
    const uint64_t pairs = end - first - 1;
    uint8_t found = 0;
    for (uint64_t i = 0; i < pairs; ++i) {
      found |= static_cast<uint8_t>((at[i] == 0xFF) & (at[i + 1] == kEoi));
    }
    if (found != 0) return true;
    if (first == begin) return false;
    end = first + 1;  // the pair across the border
  }
  return false;
}

// B.2.2 Frame header: Lf, P, Y, X, Nf and for each component C, H and V, Tq.
// [position, position + length) is the segment behind its length.
std::optional<Judgement> ReadFrame(const HostileBytes& bytes, uint8_t marker, uint64_t position,
                                   uint64_t length, Frame* frame) {
  if (length < 6) return CorruptAt(position, "JPEG: a frame header without its fields");
  frame->marker = marker;
  frame->header.format = ImageFormat::kJpeg;
  frame->header.bit_depth = bytes.Byte(position);
  frame->header.height = bytes.Big16(position + 1);
  frame->header.width = bytes.Big16(position + 3);
  frame->header.channels = bytes.Byte(position + 5);
  const uint64_t needed = 6 + 3 * uint64_t{bytes.Byte(position + 5)};
  if (frame->header.channels == 0 || length != needed) {
    return CorruptAt(position, fmt::format("JPEG: a frame header of {} bytes for {} components", length + 2,
                                           frame->header.channels));
  }
  if (frame->header.bit_depth < 2 || frame->header.bit_depth > 16) {
    return CorruptAt(position, fmt::format("JPEG: {} bits a sample", frame->header.bit_depth));
  }
  for (int i = 0; i < frame->header.channels; ++i) {
    const uint64_t at = position + 6 + 3 * static_cast<uint64_t>(i);
    const int across = bytes.Byte(at + 1) >> 4, down = bytes.Byte(at + 1) & 15;
    if (across < 1 || across > 4 || down < 1 || down > 4 || bytes.Byte(at + 2) > 3) {
      return CorruptAt(at, fmt::format("JPEG: component {} has sampling {}x{} and table {}", i, across, down,
                                       bytes.Byte(at + 2)));
    }
    frame->components[static_cast<size_t>(i)] = {bytes.Byte(at), bytes.Byte(at + 2)};
  }
  return std::nullopt;
}

// B.2.4.1 Quantization tables: Pq and Tq, then 64 elements of 8 or 16 bits, repeated.
// Sets the bits of the tables that are there.
std::optional<Judgement> ReadTables(const HostileBytes& bytes, uint64_t position, uint64_t length,
                                    unsigned* tables) {
  const uint64_t end = position + length;
  while (position < end) {
    const unsigned precision = bytes.Byte(position) >> 4, table = bytes.Byte(position) & 15u;
    if (precision > 1 || table > 3) {
      return CorruptAt(position, fmt::format("JPEG: a quantization table numbered {}", table));
    }
    const uint64_t size = 1 + (precision == 0 ? 64 : 128);
    if (end - position < size) return CorruptAt(position, "JPEG: a quantization table cut short");
    *tables |= 1u << table;
    position += size;
  }
  return std::nullopt;
}

// B.2.3 Scan header: Ns, for each component Cs, Td and Ta, then Ss, Se, Ah and Al.
std::optional<Judgement> CheckScan(const HostileBytes& bytes, uint64_t position, uint64_t length,
                                   const Frame& frame, unsigned tables) {
  const uint64_t count = length == 0 ? 0 : bytes.Byte(position);
  if (count < 1 || count > 4 || length != 4 + 2 * count) {
    return CorruptAt(position,
                     fmt::format("JPEG: a scan header of {} bytes for {} components", length + 2, count));
  }
  const bool lossless = (frame.marker & 3) == 3;  // without quantization
  for (uint64_t i = 0; i < count; ++i) {
    const uint8_t id = bytes.Byte(position + 1 + 2 * i);
    int known = 0;
    while (known < frame.header.channels && frame.components[static_cast<size_t>(known)].id != id) ++known;
    if (known == frame.header.channels) {
      return CorruptAt(position, fmt::format("JPEG: a scan of component {}, which the frame lacks", id));
    }
    const unsigned table = frame.components[static_cast<size_t>(known)].table;
    if (!lossless && (tables >> table & 1) == 0) {
      return CorruptAt(position, fmt::format("JPEG: quantization table {} is used but not there", table));
    }
  }
  return std::nullopt;
}

// B.2.5 Define number of lines: the height of a frame that said 0, directly after
// the first scan. 0 when there is none.
int64_t ReadNumberOfLines(const HostileBytes& bytes, uint64_t position) {
  uint8_t marker = 0;
  while ((position = FindMarker(bytes, position, &marker)) != 0) {
    if (marker >= kRst0 && marker <= kRst7) continue;
    return marker == kDnl && bytes.Has(position, 4) && bytes.Big16(position) == 4 ? bytes.Big16(position + 2)
                                                                                  : 0;
  }
  return 0;
}

// What libjpeg-turbo, and we with it, cannot decode though T.81 has it.
std::optional<Judgement> CheckSupported(const Frame& frame) {
  const unsigned kind = frame.marker & 0x0Fu;
  if (kind == 3 || kind == 11) return UnsupportedAt(-1, "JPEG: lossless coding");
  if (kind >= 5 && kind != 9 && kind != 10) return UnsupportedAt(-1, "JPEG: hierarchical coding");
  if (frame.header.bit_depth != 8) {
    return UnsupportedAt(-1, fmt::format("JPEG: {} bits a sample", frame.header.bit_depth));
  }
  const int channels = frame.header.channels;
  if (channels != 1 && channels != 3 && channels != 4) {
    return UnsupportedAt(-1, fmt::format("JPEG: {} components", channels));
  }
  return std::nullopt;
}

// What follows the first scan's header, which ends at `position`.
HeaderResult Finish(const HostileBytes& bytes, uint64_t position, Frame* frame) {
  const bool lines_later = frame->header.height == 0;
  if (lines_later) frame->header.height = ReadNumberOfLines(bytes, position);
  HeaderResult result{frame->header, {}};
  if (!HasEndOfImage(bytes, position)) {
    result.judgement = TruncatedAt(bytes, "JPEG: the file ends before an EOI marker");
  } else if (lines_later && frame->header.height == 0) {
    result.judgement = CorruptAt(position, "JPEG: height 0, and no DNL marker after the first scan");
  } else if (lines_later) {
    result.judgement = UnsupportedAt(position, "JPEG: the height is in a DNL marker after the scan");
  } else if (auto judgement = CheckSupported(*frame)) {
    result.judgement = *std::move(judgement);
  }
  return result;
}

}  // namespace

// B.2.1 High-level syntax: SOI, tables and miscellaneous segments, a frame header,
// tables again, scans, EOI. Annex B.1.1.4: a segment's length counts itself.
HeaderResult ReadJpegHeader(const HostileBytes& bytes) {
  std::optional<Frame> frame;
  unsigned tables = 0;
  const auto end = [&](Judgement judgement) {
    return HeaderResult{frame ? std::optional(frame->header) : std::nullopt, std::move(judgement)};
  };
  uint64_t position = 2;
  uint8_t marker = 0;
  for (int segments = 0; (position = FindMarker(bytes, position, &marker)) != 0; ++segments) {
    if (segments == kMostSegments)
      return end(CorruptAt(position, "JPEG: more than 2^20 segments before the scan"));
    if (StandsAlone(marker)) continue;
    if (marker == kSoi) return end(CorruptAt(position - 2, "JPEG: a second SOI marker before the scan"));
    if (marker == kEoi) return end(CorruptAt(position - 2, "JPEG: EOI before any scan"));
    if (!bytes.Has(position, 2))
      return end(TruncatedAt(bytes, "JPEG: the file ends within a marker segment"));
    const uint64_t length = bytes.Big16(position);
    if (length < 2) {
      return end(CorruptAt(position, fmt::format("JPEG: segment {:02X} has length {}", marker, length)));
    }
    if (!bytes.Has(position, length)) {
      return end(
          TruncatedAt(bytes, fmt::format("JPEG: segment {:02X} at byte {} has {} bytes, the file ends before",
                                         marker, position - 2, length)));
    }
    const uint64_t body = position + 2;
    std::optional<Judgement> judgement;
    if (IsFrameHeader(marker)) {
      if (frame) return end(CorruptAt(position - 2, "JPEG: a second frame header"));
      Frame read;
      judgement = ReadFrame(bytes, marker, body, length - 2, &read);
      if (!judgement) frame = read;
    } else if (marker == kDqt) {
      judgement = ReadTables(bytes, body, length - 2, &tables);
    } else if (marker == kJpegLs) {
      judgement = UnsupportedAt(position - 2, "JPEG: JPEG-LS coding");
    } else if (marker == kDhp) {
      judgement = UnsupportedAt(position - 2, "JPEG: hierarchical coding");
    } else if (marker == kSos) {
      if (!frame) return end(CorruptAt(position - 2, "JPEG: a scan before any frame header"));
      judgement = CheckScan(bytes, body, length - 2, *frame, tables);
      if (!judgement) return Finish(bytes, position + length, &*frame);
    }
    if (judgement) return end(*std::move(judgement));
    position += length;
  }
  return end(TruncatedAt(
      bytes, frame ? "JPEG: the file ends before the scan" : "JPEG: the file ends before a frame header"));
}

}  // namespace pixlake::image
