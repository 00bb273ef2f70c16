#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/wire_internal.h"

namespace pixlake::sandbox {

WireQuestion ToWire(const image::Question& question, uint64_t size) {
  WireQuestion wire;
  wire.full = question.check == image::CheckLevel::kFull ? 1 : 0;
  wire.describe = question.describe ? 1 : 0;
  wire.name_size = static_cast<uint32_t>(std::min<size_t>(question.filename.size(), kMostName));
  wire.size = size;
  wire.max_pixels = question.budget.max_pixels;
  wire.max_millis = question.budget.max_time.count();
  wire.max_memory = question.budget.max_memory;
  return wire;
}

image::Question FromWire(const WireQuestion& wire, std::string name) {
  image::Question question;
  question.check = wire.full != 0 ? image::CheckLevel::kFull : image::CheckLevel::kHeader;
  question.describe = wire.describe != 0;
  question.budget = {wire.max_pixels, std::chrono::milliseconds(wire.max_millis), wire.max_memory};
  question.filename = std::move(name);
  return question;
}

WireAnswer ToWire(const image::Answer& answer) {
  WireAnswer wire;
  wire.verdict = static_cast<uint32_t>(answer.judgement.verdict);
  wire.over_memory = answer.over_memory ? 1 : 0;
  wire.offset = answer.judgement.offset;
  wire.frames = answer.frames;
  if (answer.header) {
    wire.has_header = 1;
    wire.format = static_cast<uint32_t>(answer.header->format);
    wire.width = answer.header->width;
    wire.height = answer.header->height;
    wire.channels = answer.header->channels;
    wire.bit_depth = answer.header->bit_depth;
  }
  wire.message_size = static_cast<uint32_t>(std::min<size_t>(answer.judgement.message.size(), kMostMessage));
  wire.members_size = static_cast<uint32_t>(std::min<size_t>(answer.members.size(), kMostMembers));
  return wire;
}

std::optional<image::Answer> FromWire(const WireAnswer& wire) {
  const bool sane = wire.magic == kMagic &&
                    wire.verdict <= static_cast<uint32_t>(image::Verdict::kUnreadable) && wire.offset >= -1 &&
                    wire.frames >= 0 && wire.message_size <= kMostMessage &&
                    wire.members_size <= kMostMembers;
  if (!sane) return std::nullopt;
  image::Answer answer;
  answer.judgement.verdict = static_cast<image::Verdict>(wire.verdict);
  answer.over_memory = wire.over_memory != 0;
  answer.judgement.offset = wire.offset;
  answer.frames = wire.frames;
  if (wire.has_header == 0) return answer;
  constexpr int64_t kMostSide = int64_t{1} << 40;
  const bool shape = wire.format < image::kImageFormats && wire.width > 0 && wire.width < kMostSide &&
                     wire.height > 0 && wire.height < kMostSide && wire.channels >= 0 &&
                     wire.channels <= 65535 && wire.bit_depth >= 0 && wire.bit_depth <= 64;
  if (!shape) return std::nullopt;
  answer.header = image::ImageHeader{static_cast<image::ImageFormat>(wire.format), wire.width, wire.height,
                                     wire.channels, wire.bit_depth};
  return answer;
}

bool ReadFully(int fd, void* to, size_t size) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got = ::read(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool WriteFully(int fd, const void* from, size_t size) {
  const auto* at = static_cast<const char*>(from);
  while (size > 0) {
    const ssize_t put = ::send(fd, at, size, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += put;
    size -= static_cast<size_t>(put);
  }
  return true;
}

}  // namespace pixlake::sandbox
