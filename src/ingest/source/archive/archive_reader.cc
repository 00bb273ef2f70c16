#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "ingest/source/archive/archive_reader_internal.h"
#include "ingest/source/archive/zip_name_internal.h"
#include "ingest/source/file_item_internal.h"
#include "io/location.h"

namespace pixlake::ingest {
namespace {

// libarchive turns names into the locale's encoding, whatever the user's is. In "C" it
// cannot and leaves a tar's bytes alone, which is what we want. Of zip names that say
// they are UTF-8 nothing would be left; in C.UTF-8 they are kept but for composition
// ("e" and an accent become one character).
class LocaleScope {
 public:
  explicit LocaleScope(locale_t locale) : before_(::uselocale(locale)) {}
  ~LocaleScope() { ::uselocale(before_); }
  LocaleScope(const LocaleScope&) = delete;
  LocaleScope& operator=(const LocaleScope&) = delete;

 private:
  const locale_t before_;
};

constexpr int64_t kTarBlock = 512;
// libarchive reads less than this ahead of the header it looks at.
constexpr int64_t kRunsKept = int64_t{4} << 20;

std::string Encoded(const char* text) {
  return io::PercentEncodePath(text == nullptr ? "" : text);
}

int64_t MemberTime(archive_entry* entry) {
  if (archive_entry_mtime_is_set(entry) == 0) return 0;
  int64_t ns = 0;
  if (__builtin_mul_overflow(static_cast<int64_t>(archive_entry_mtime(entry)), 1'000'000'000, &ns) ||
      __builtin_add_overflow(ns, static_cast<int64_t>(archive_entry_mtime_nsec(entry)), &ns)) {
    return 0;
  }
  return ns;
}

Member Describe(archive_entry* entry) {
  Member member;
  const char* const name = archive_entry_pathname(entry);
  member.name = name == nullptr ? "" : name;
  while (member.name.starts_with("./")) member.name.erase(0, 2);
  if (archive_entry_size_is_set(entry) != 0) member.size = archive_entry_size(entry);
  member.mtime_ns = MemberTime(entry);
  member.encrypted = archive_entry_is_encrypted(entry) != 0;
  const auto type = archive_entry_filetype(entry);
  if (const char* const target = archive_entry_hardlink(entry); target != nullptr && member.size <= 0) {
    member.hard_link = target;
    while (member.hard_link.starts_with("./")) member.hard_link.erase(0, 2);
    member.not_a_file = fmt::format("is a hard link to {}, which is not followed", Encoded(target));
  } else if (type == AE_IFLNK) {
    member.not_a_file =
        fmt::format("is a symbolic link to {}, which is not followed", Encoded(archive_entry_symlink(entry)));
  } else if (type == AE_IFDIR) {
    member.is_folder = true;
  } else if (type != AE_IFREG && type != 0) {
    member.not_a_file = NotAFile(static_cast<mode_t>(type));
  }
  return member;
}

}  // namespace

struct ArchiveReader::Callbacks {
  static la_ssize_t Read(::archive* archive, void* data, const void** bytes) {
    auto* const self = static_cast<ArchiveReader*>(data);
    Result<std::span<const uint8_t>> piece = std::exchange(self->first_, {});
    if (piece->empty()) piece = self->bytes_->Next();
    if (piece.ok()) {
      self->NoteZeroBlocks(*piece);
      self->position_ += static_cast<int64_t>(piece->size());
      self->CountZeros(*piece);
      if (!self->packed_ || self->position_ <= self->max_unpacked_) {
        *bytes = piece->data();
        return static_cast<la_ssize_t>(piece->size());
      }
      piece = Error(ErrorCode::kOverBudget,
                    fmt::format("it unpacks to more than {} bytes, which is suspicious of a "
                                "file of its size; --max-expansion raises the limit if it is meant so",
                                self->max_unpacked_));
    }
    self->stream_error_ = piece.status();
    archive_set_error(archive, EIO, "%s", self->stream_error_.message().c_str());
    return -1;
  }

  static la_int64_t Skip(::archive* /*archive*/, void* data, la_int64_t request) {
    auto* const self = static_cast<ArchiveReader*>(data);
    if (self->bytes_->size() < 0 || request <= 0) return 0;
    // Not behind the end: reading there is how truncation is noticed.
    const int64_t skipped =
        std::min<int64_t>(request, std::max<int64_t>(self->bytes_->size() - self->position_, 0));
    self->position_ += skipped;
    self->bytes_->Seek(self->position_);
    self->trailing_zeros_ = 0;
    self->block_is_zero_ = self->position_ % kTarBlock == 0;
    self->first_ = {};
    return skipped;
  }

  static la_int64_t Seek(::archive* /*archive*/, void* data, la_int64_t offset, int whence) {
    auto* const self = static_cast<ArchiveReader*>(data);
    int64_t base = 0;
    if (whence == SEEK_CUR) base = self->position_;
    if (whence == SEEK_END) base = self->bytes_->size();
    if (self->bytes_->size() < 0 || __builtin_add_overflow(base, offset, &base) || base < 0)
      return ARCHIVE_FATAL;
    self->first_ = {};
    self->bytes_->Seek(base);
    return self->position_ = base;
  }
};

ArchiveReader::ArchiveReader(ArchiveBytes bytes, int64_t max_unpacked)
    : bytes_(std::move(bytes.bytes)),
      first_(bytes.first),
      format_(bytes.format),
      packed_(bytes.packed),
      max_unpacked_(max_unpacked) {}

ArchiveReader::~ArchiveReader() {
  if (archive_ != nullptr) archive_read_free(archive_);
  if (locale_ != nullptr) ::freelocale(locale_);
}

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::Open(ArchiveBytes bytes, int64_t max_unpacked) {
  std::unique_ptr<ArchiveReader> reader(new ArchiveReader(std::move(bytes), max_unpacked));
  const bool tar = reader->format_ == ArchiveFormat::kTar;
  reader->locale_ = ::newlocale(LC_ALL_MASK, tar ? "C" : "C.UTF-8", nullptr);
  reader->archive_ = archive_read_new();
  if (reader->archive_ == nullptr || reader->locale_ == nullptr)
    return Error(ErrorCode::kInternal, "libarchive or its locale could not be set up");
  // libarchive asks for the locale's encoding once, at the first option already.
  const LocaleScope scope(reader->locale_);
  ::archive* const archive = reader->archive_;
  if (tar) {
    archive_read_support_format_tar(archive);
    archive_read_set_format_option(archive, "tar", "hdrcharset", "BINARY");
    // What stands behind an end marker is members, too, not silence.
    archive_read_set_format_option(archive, "tar", "read_concatenated_archives", "1");
  } else {
    archive_read_support_format_zip_streamable(archive);
    archive_read_support_format_zip_seekable(archive);
    archive_read_set_seek_callback(archive, Callbacks::Seek);
  }
  if (!reader->packed_) archive_read_set_skip_callback(archive, Callbacks::Skip);
  archive_read_set_read_callback(archive, Callbacks::Read);
  archive_read_set_callback_data(archive, reader.get());
  if (const int code = archive_read_open1(archive); code < ARCHIVE_WARN) return reader->Failure(code);
  return reader;
}

Result<std::optional<Member>> ArchiveReader::Next() {
  PL_RETURN_NOT_OK(CheckStopped());
  const LocaleScope scope(locale_);
  read_before_ = archive_filter_bytes(archive_, 0);
  const int code = archive_read_next_header(archive_, &entry_);
  if (code == ARCHIVE_EOF) return std::nullopt;
  // A warning is about a name or an attribute; the member is there. "Retry" is a header that is
  // none: nobody knows where the next one begins.
  if (code < ARCHIVE_WARN || code == ARCHIVE_RETRY) {
    const Status failure = Failure(code);
    if (!stream_error_.ok() || !IsBehindEndMarker()) return failure;
    // Members behind bytes that are none: it is damaged there.
    int next = code;
    while (next == ARCHIVE_RETRY) {
      PL_RETURN_NOT_OK(CheckStopped());
      next = archive_read_next_header(archive_, &entry_);
    }
    if (!stream_error_.ok()) return stream_error_;
    if (next == ARCHIVE_OK || next == ARCHIVE_WARN) return failure;
    return std::nullopt;
  }
  Member member = Describe(entry_);
  if (format_ == ArchiveFormat::kZip) member.name = ZipName(std::move(member.name));
  return member;
}

// Where libarchive looked for a member there was the end marker, POSIX's two blocks of zeros or the
// one that some writers leave, and behind it what tar(1) does not look at.
bool ArchiveReader::IsBehindEndMarker() {
  if (format_ != ArchiveFormat::kTar) return false;
  // libarchive does not tell once it has given up; what it had read before is as good.
  int64_t header = archive_read_header_position(archive_);
  if (header < 0) header = (read_before_ + kTarBlock - 1) / kTarBlock * kTarBlock;
  for (const Run& run : zero_runs_) {
    if (run.begin > header || run.end < header + kTarBlock) continue;
    behind_end_ = run.end;
    return true;
  }
  return false;
}

std::string ArchiveReader::remark() const {
  std::string text = bytes_->remark();
  if (behind_end_ < 0) return text;
  if (!text.empty()) text += "; ";
  const int64_t size = bytes_->size();
  return text + (size >= behind_end_ ? fmt::format("{} bytes", size - behind_end_) : std::string("bytes")) +
         " behind the archive's end marker are no members and were left out";
}

void ArchiveReader::NoteZeroBlocks(std::span<const uint8_t> bytes) {
  if (format_ != ArchiveFormat::kTar) return;
  static constexpr std::array<uint8_t, kTarBlock> kZeros{};
  while (!zero_runs_.empty() && zero_runs_.front().end < position_ - kRunsKept) zero_runs_.pop_front();
  int64_t at = position_;
  while (!bytes.empty()) {
    const auto part = std::min<size_t>(bytes.size(), static_cast<size_t>(kTarBlock - at % kTarBlock));
    block_is_zero_ = block_is_zero_ && std::memcmp(bytes.data(), kZeros.data(), part) == 0;
    at += static_cast<int64_t>(part);
    bytes = bytes.subspan(part);
    if (at % kTarBlock != 0) continue;
    if (block_is_zero_ && !zero_runs_.empty() && zero_runs_.back().end == at - kTarBlock) {
      zero_runs_.back().end = at;
    } else if (block_is_zero_) {
      zero_runs_.push_back({at - kTarBlock, at});
    }
    block_is_zero_ = true;
  }
}

Result<std::optional<ArchiveReader::Piece>> ArchiveReader::Read(Status* damage) {
  const LocaleScope scope(locale_);
  const void* data = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  const int code = archive_read_data_block(archive_, &data, &size, &offset);
  if (code == ARCHIVE_EOF) return std::nullopt;
  if (code == ARCHIVE_OK) return Piece{offset, {static_cast<const uint8_t*>(data), size}};
  if (code == ARCHIVE_FATAL || code == ARCHIVE_RETRY) return Failure(code);
  *damage = Failure(code);
  return std::nullopt;
}

Status ArchiveReader::Failure(int code) {
  if (!stream_error_.ok()) return stream_error_;
  const char* const text = archive_error_string(archive_);
  const std::string message = text == nullptr ? fmt::format("libarchive failed with {}", code) : text;
  const bool unsupported = message.find("nsupported") != std::string::npos;
  return Error(unsupported ? ErrorCode::kUnsupported : ErrorCode::kCorrupt, message);
}

void ArchiveReader::CountZeros(std::span<const uint8_t> bytes) {
  if (format_ != ArchiveFormat::kTar || bytes.empty()) return;
  int64_t zeros = 0;
  while (zeros < 1024 && zeros < static_cast<int64_t>(bytes.size()) && bytes[bytes.size() - 1 - zeros] == 0)
    ++zeros;
  const bool all = zeros == static_cast<int64_t>(bytes.size());
  trailing_zeros_ = zeros + (all ? trailing_zeros_ : 0);
}

}  // namespace pixlake::ingest
