// Local image files, of which no more is read than their headers need.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "base/result.h"

namespace pixlake::fetch {

// Bytes of one file as image::ReadMetadata wants them: as many as the file has. Where
// `whole` is false some in the middle were not read: those that header, metadata and the
// check of the end do not look at.
struct LocalImage {
  std::span<const uint8_t> bytes;  // the reader's: until its next Read
  bool whole = true;
  int descriptor = -1;  // of a mapped file; the reader's, too
};

// Of a JPEG the segments before its first scan and the last 4 KiB are read, unless there
// is no end of image in those; other formats whole, as their verdict needs it. Above 16 MiB
// a file is mapped and not read into memory. Has an address range of its own that it
// uses again for each file: a few pages of memory. Of one thread.
class LocalImageReader {
 public:
  LocalImageReader();
  ~LocalImageReader();
  LocalImageReader(const LocalImageReader&) = delete;
  LocalImageReader& operator=(const LocalImageReader&) = delete;

  // `all`: every byte, for an id. kNotFound, kPermission, kIo; kUnsupported for what is no
  // ordinary file.
  Result<LocalImage> Read(const std::string& path, bool all);

  // An image of `size` bytes of which only the beginning and the end came over a network.
  Result<LocalImage> Assemble(std::string_view head, std::string_view tail, int64_t size);

 private:
  Status Reserve(size_t size);
  Result<LocalImage> Map(const std::string& path, size_t size);
  void Release();

  std::optional<Descriptor> file_;
  uint8_t* room_ = nullptr;  // the range, and how long it is
  size_t room_size_ = 0;
  size_t touched_ = 0;  // bytes of it that hold memory, about
  void* mapped_ = nullptr;
  size_t mapped_size_ = 0;
};

// True when what is between these first bytes of an image and its last 4 KiB need not be
// read. Only JPEG is so.
bool HeadIsEnough(std::span<const uint8_t> head);

}  // namespace pixlake::fetch
