#include "fetch/local_image.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/format.h"

namespace pixlake::fetch {
namespace {

constexpr size_t kHead = size_t{16} << 10;      // read first: most headers end within
constexpr size_t kStep = size_t{64} << 10;      // and then so much more
constexpr size_t kTail = size_t{4} << 10;       // where the end of image is looked for first
constexpr size_t kMostRead = size_t{16} << 20;  // larger ones are mapped
constexpr size_t kMostKept = size_t{1} << 20;   // of memory, from one file to the next
constexpr int64_t kMostAddresses = int64_t{1} << 40;
constexpr size_t kFirstRoom = size_t{16} << 20;  // of addresses

// Bytes [begin, end) of the file to their place; false when it ends before.
Result<bool> ReadPart(int fd, const std::string& path, uint8_t* room, size_t begin, size_t end) {
  while (begin < end) {
    const ssize_t got = ::pread(fd, room + begin, end - begin, static_cast<off_t>(begin));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, "reading", path);
    if (got == 0) return false;
    begin += static_cast<size_t>(got);
  }
  return true;
}

// Where a walk over the marker segments of a JPEG stands. ITU-T T.81, B.1.1.4.
struct JpegWalk {
  enum class State { kNeedsMore, kAtScan, kOdd } state = State::kNeedsMore;
  size_t position = 2;
  bool has_height = false;
};

// Goes on as far as the `have` bytes that are there allow. Whatever is not plainly
// segment after segment up to SOS is `kOdd`: the parser then gets all there is.
void Walk(const uint8_t* bytes, size_t have, JpegWalk* walk) {
  constexpr uint8_t kSos = 0xDA;
  while (true) {
    const size_t at = walk->position;
    if (at + 9 > have) return;
    const uint8_t marker = bytes[at + 1];
    const size_t length = static_cast<size_t>(bytes[at + 2]) << 8 | bytes[at + 3];
    if (bytes[at] != 0xFF || marker < 0xC0 || marker == 0xFF || (marker >= 0xD0 && marker <= 0xD9) ||
        length < 2) {
      walk->state = JpegWalk::State::kOdd;
      return;
    }
    // B.2.2: length, precision, lines. 0 lines: they come after the scan.
    const bool frame = marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame) walk->has_height = bytes[at + 5] != 0 || bytes[at + 6] != 0;
    if (marker == kSos) {
      if (at + 2 + length > have) return;
      walk->state = walk->has_height ? JpegWalk::State::kAtScan : JpegWalk::State::kOdd;
      return;
    }
    walk->position = at + 2 + length;
  }
}

bool HasEnd(const uint8_t* tail, size_t size) {
  for (size_t i = 0; i + 1 < size; ++i) {
    if (tail[i] == 0xFF && tail[i + 1] == 0xD9) return true;
  }
  return false;
}

}  // namespace

LocalImageReader::LocalImageReader() = default;

LocalImageReader::~LocalImageReader() {
  Release();
  if (room_ != nullptr) ::munmap(room_, room_size_);
}

void LocalImageReader::Release() {
  if (mapped_ != nullptr) ::munmap(mapped_, mapped_size_);
  mapped_ = nullptr;
  file_.reset();
  if (touched_ > kMostKept) {
    ::madvise(room_, room_size_, MADV_DONTNEED);
    touched_ = 0;
  }
}

Status LocalImageReader::Reserve(size_t size) {
  if (size <= room_size_) return Status::OK();
  if (room_ != nullptr) ::munmap(room_, room_size_);
  room_ = nullptr;
  room_size_ = 0;
  const size_t wanted = std::max(kFirstRoom, size + size / 2);
  void* room =
      ::mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return ErrnoError(errno, "reserving addresses for", "an image");
  room_ = static_cast<uint8_t*>(room);
  room_size_ = wanted;
  touched_ = 0;
  return Status::OK();
}

Result<LocalImage> LocalImageReader::Map(const std::string& path, size_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file_->get(), 0);
  if (at == MAP_FAILED) return ErrnoError(errno, "mapping", path);
  mapped_ = at;
  mapped_size_ = size;
  return LocalImage{{static_cast<const uint8_t*>(at), size}, true, file_->get()};
}

bool HeadIsEnough(std::span<const uint8_t> head) {
  if (image::DetectFormat(head) != image::ImageFormat::kJpeg) return false;
  JpegWalk walk;
  Walk(head.data(), head.size(), &walk);
  return walk.state == JpegWalk::State::kAtScan;
}

// Without a tail the image is taken to end as it should; who calls says so in a note.
Result<LocalImage> LocalImageReader::Assemble(std::string_view head, std::string_view tail, int64_t size) {
  Release();
  constexpr std::string_view kEndOfImage = "\xFF\xD9";
  if (tail.empty()) tail = kEndOfImage;
  if (size < static_cast<int64_t>(head.size() + tail.size()) || size > kMostAddresses)
    return Error(ErrorCode::kCorrupt,
                 fmt::format("an image of {} bytes, of which {} came", size, head.size()));
  PL_RETURN_NOT_OK(Reserve(static_cast<size_t>(size)));
  std::memcpy(room_, head.data(), head.size());
  std::memcpy(room_ + static_cast<size_t>(size) - tail.size(), tail.data(), tail.size());
  touched_ += head.size() + kTail;
  return LocalImage{{room_, static_cast<size_t>(size)}, false};
}

Result<LocalImage> LocalImageReader::Read(const std::string& path, bool all) {
  Release();
  const Descriptor& file = file_.emplace(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.ok()) return ErrnoError(errno, "opening", path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return ErrnoError(errno, "reading", path);
  if (!S_ISREG(status.st_mode)) {
    return Error(
        ErrorCode::kUnsupported,
        path + (S_ISDIR(status.st_mode) ? " is a folder, expected an image file" : " is no ordinary file"));
  }
  const auto size = static_cast<size_t>(status.st_size);
  PL_RETURN_NOT_OK(Reserve(size));
  const auto shortened = [&] {
    return Error(ErrorCode::kIo, path + " was shortened while it was read; run again when it is at rest");
  };
  size_t have = std::min(size, kHead);
  PL_ASSIGN_OR_RETURN(bool there, ReadPart(file.get(), path, room_, 0, have));
  if (!there) return shortened();
  touched_ += have;
  const auto format = image::DetectFormat({room_, have});
  if (!all && size > kHead + kTail && format == image::ImageFormat::kJpeg) {
    JpegWalk walk;
    Walk(room_, have, &walk);
    while (walk.state == JpegWalk::State::kNeedsMore && have < size) {
      // A long segment is read at once, as its content is wanted.
      const size_t end = std::min(size, std::max(have + kStep, walk.position + 16));
      if (end > kMostRead) break;
      PL_ASSIGN_OR_RETURN(there, ReadPart(file.get(), path, room_, have, end));
      if (!there) return shortened();
      touched_ += end - have;
      have = end;
      Walk(room_, have, &walk);
    }
    if (walk.state == JpegWalk::State::kAtScan && have < size) {
      const size_t tail = std::max(have, size - kTail);
      PL_ASSIGN_OR_RETURN(there, ReadPart(file.get(), path, room_, tail, size));
      if (!there) return shortened();
      touched_ += kTail;
      if (size - tail == kTail && HasEnd(room_ + tail, kTail)) return LocalImage{{room_, size}, false};
    }
  } else if (!all && !format && size > kHead) {
    // No image by its first bytes: nobody will look at the others.
    return LocalImage{{room_, size}, false};
  }
  if (size > kMostRead) return Map(path, size);
  PL_ASSIGN_OR_RETURN(there, ReadPart(file.get(), path, room_, have, size));
  if (!there) return shortened();
  touched_ += size - have;
  return LocalImage{{room_, size}, true};
}

}  // namespace pixlake::fetch
