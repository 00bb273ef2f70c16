// What libarchive unpacks for us, as a stream of bytes.
#include <cerrno>
#include <utility>

#include <archive.h>
#include <archive_entry.h>

#include "ingest/source/archive/byte_stream_internal.h"

namespace pixlake::ingest {
namespace {

bool BeginsWith(std::span<const uint8_t> bytes, std::string_view magic) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with(magic);
}

class Unpacked : public ByteStream {
 public:
  explicit Unpacked(std::unique_ptr<ByteStream> packed) : packed_(std::move(packed)) {}
  ~Unpacked() override {
    if (archive_ != nullptr) archive_read_free(archive_);
  }

  // Without the library for it libarchive would run a program.
  Status Open(bool xz) {
    archive_ = archive_read_new();
    if (archive_ == nullptr) return Error(ErrorCode::kInternal, "libarchive could not be set up");
    const int code =
        xz ? archive_read_support_filter_xz(archive_) : archive_read_support_filter_bzip2(archive_);
    if (code != ARCHIVE_OK) {
      return Error(ErrorCode::kUnsupported,
                   xz ? "this libarchive cannot unpack xz" : "this libarchive cannot unpack bzip2");
    }
    archive_read_support_format_raw(archive_);
    archive_read_set_read_callback(archive_, Read);
    archive_read_set_callback_data(archive_, this);
    ::archive_entry* entry = nullptr;
    if (archive_read_open1(archive_) != ARCHIVE_OK ||
        archive_read_next_header(archive_, &entry) != ARCHIVE_OK)
      return Failure();
    return Status::OK();
  }

  Result<std::span<const uint8_t>> Next() override {
    const void* data = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    while (true) {
      const int code = archive_read_data_block(archive_, &data, &size, &offset);
      if (code == ARCHIVE_EOF) return std::span<const uint8_t>();
      if (code != ARCHIVE_OK) return Failure();
      if (size > 0) return std::span(static_cast<const uint8_t*>(data), size);
    }
  }

 private:
  static la_ssize_t Read(::archive* archive, void* data, const void** bytes) {
    auto* const self = static_cast<Unpacked*>(data);
    const auto piece = self->packed_->Next();
    if (!piece.ok()) {
      self->stream_error_ = piece.status();
      archive_set_error(archive, EIO, "%s", piece.status().message().c_str());
      return -1;
    }
    *bytes = piece->data();
    return static_cast<la_ssize_t>(piece->size());
  }

  Status Failure() const {
    if (!stream_error_.ok()) return stream_error_;
    const char* const text = archive_error_string(archive_);
    return Error(ErrorCode::kCorrupt, text == nullptr ? "the packed stream is damaged" : text);
  }

  const std::unique_ptr<ByteStream> packed_;
  ::archive* archive_ = nullptr;
  Status stream_error_;
};

}  // namespace

Result<std::unique_ptr<ByteStream>> UnpackedByLibarchive(std::span<const uint8_t> first,
                                                         std::unique_ptr<ByteStream>* packed) {
  const bool xz = BeginsWith(first, {"\xFD"
                                     "7zXZ\0",
                                     6});
  const bool bzip2 = BeginsWith(first, "BZh") && first.size() >= 10 && first[3] >= '1' && first[3] <= '9' &&
                     BeginsWith(first.subspan(4), "1AY&SY");
  if (!xz && !bzip2) return nullptr;
  (*packed)->Seek(0);
  auto stream = std::make_unique<Unpacked>(std::move(*packed));
  PL_RETURN_NOT_OK(stream->Open(xz));
  return stream;
}

}  // namespace pixlake::ingest
