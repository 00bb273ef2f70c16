#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <isa-l/crc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest/index/id_run_format_internal.h"
#include "ingest/index/id_run_internal.h"

namespace pixlake::ingest {
namespace {

uint32_t Crc(const void* bytes, size_t size) {
  return ::crc32_gzip_refl(0, static_cast<const unsigned char*>(bytes), size);
}

// Takes numbers and texts off the front; after the first that is not there, `ok` is false.
class Fields {
 public:
  explicit Fields(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  size_t left() const { return bytes_.size(); }

  template <typename T>
  T Number() {
    T value = 0;
    if (bytes_.size() < sizeof(T)) {
      ok_ = false;
      bytes_ = {};
      return 0;
    }
    std::memcpy(&value, bytes_.data(), sizeof(T));
    bytes_ = bytes_.subspan(sizeof(T));
    return value;
  }

  std::string Text() {
    const auto size = Number<uint32_t>();
    if (!ok_ || size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    std::string text(reinterpret_cast<const char*>(bytes_.data()), size);
    bytes_ = bytes_.subspan(size);
    return text;
  }

 private:
  std::span<const uint8_t> bytes_;
  bool ok_ = true;
};

}  // namespace

Result<std::shared_ptr<IdRun>> IdRun::Open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, "opening", path);
  struct stat info {};
  const int failed = ::fstat(fd, &info);
  const auto size = static_cast<int64_t>(info.st_size);
  void* bytes = MAP_FAILED;
  if (failed == 0 && size >= kIdRunHeaderBytes + static_cast<int64_t>(sizeof(IdRunFooter)))
    bytes = ::mmap(nullptr, static_cast<size_t>(size), PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  if (bytes == MAP_FAILED) return Error(ErrorCode::kCorrupt, path + " is no run of an id index");
  const std::shared_ptr<IdRun> run(new IdRun(path, static_cast<const uint8_t*>(bytes), size));
  PL_RETURN_NOT_OK(run->Load());
  return run;
}

IdRun::~IdRun() {
  ::munmap(const_cast<uint8_t*>(bytes_), static_cast<size_t>(size_));
}

Status IdRun::Damaged(std::string_view what) const {
  return Error(ErrorCode::kCorrupt, fmt::format("run {} of the id index is damaged: {}", path_, what));
}

Status IdRun::Load() {
  IdRunFooter footer;
  std::memcpy(&footer, bytes_ + size_ - sizeof(footer), sizeof(footer));
  if (footer.magic != kIdRunMagic || std::memcmp(bytes_, kIdRunMagic.data(), kIdRunMagic.size()) != 0)
    return Damaged("its header or footer is missing");
  if (footer.crc != Crc(&footer, offsetof(IdRunFooter, crc)))
    return Damaged("its footer's checksum is wrong");
  const int64_t body = size_ - kIdRunHeaderBytes - static_cast<int64_t>(sizeof(footer));
  const bool sane = footer.block_bytes == kIdBlockBytes &&
                    footer.num_blocks <= static_cast<uint64_t>(body / kIdBlockBytes) &&
                    footer.num_blocks * kIdBlockBytes + footer.index_bytes == static_cast<uint64_t>(body) &&
                    footer.num_entries <= footer.num_blocks * kIdBlockEntries &&
                    footer.num_entries + kIdBlockEntries > footer.num_blocks * kIdBlockEntries;
  if (!sane) return Damaged("its footer does not fit its size");
  num_entries_ = static_cast<int64_t>(footer.num_entries);
  const std::span<const uint8_t> index(bytes_ + kIdRunHeaderBytes + footer.num_blocks * kIdBlockBytes,
                                       footer.index_bytes);
  if (footer.index_crc != Crc(index.data(), index.size())) return Damaged("its index's checksum is wrong");
  return LoadIndex(index, footer.num_blocks);
}

Status IdRun::LoadIndex(std::span<const uint8_t> index, uint64_t blocks) {
  Fields fields(index);
  columns_.id = fields.Text();
  columns_.content = fields.Text();
  const auto files = fields.Number<uint32_t>();
  for (uint32_t i = 0; i < files && fields.ok(); ++i) {
    CoveredFile file;
    file.path = fields.Text();
    file.size = fields.Number<int64_t>();
    file.ids = fields.Number<int64_t>();
    files_.push_back(std::move(file));
  }
  if (!fields.ok() || fields.left() != blocks * (sizeof(uint64_t) + sizeof(uint32_t)))
    return Damaged("its index does not fit its size");
  for (uint64_t i = 0; i < blocks; ++i) fences_.push_back(fields.Number<uint64_t>());
  for (uint64_t i = 0; i < blocks; ++i) checksums_.push_back(fields.Number<uint32_t>());
  if (!std::is_sorted(fences_.begin(), fences_.end())) return Damaged("its blocks are out of order");
  checked_ = std::vector<std::atomic<bool>>(blocks);
  return Status::OK();
}

Result<std::span<const IdEntry>> IdRun::Block(int64_t block) const {
  const uint8_t* bytes = bytes_ + kIdRunHeaderBytes + block * kIdBlockBytes;
  const auto index = static_cast<size_t>(block);
  if (!checked_[index].load(std::memory_order_relaxed)) {
    if (Crc(bytes, kIdBlockBytes) != checksums_[index])
      return Damaged(fmt::format("the checksum of block {} is wrong", block));
    checked_[index].store(true, std::memory_order_relaxed);
  }
  const int64_t count = std::min(kIdBlockEntries, num_entries_ - block * kIdBlockEntries);
  return std::span(reinterpret_cast<const IdEntry*>(bytes), static_cast<size_t>(count));
}

Status IdRun::Visit(uint64_t high, uint64_t low, const std::function<bool(const IdEntry&)>& visit) const {
  // The id's entries may begin in the block before the first whose fence is not below it.
  const auto fence = std::lower_bound(fences_.begin(), fences_.end(), high);
  int64_t block = std::max<int64_t>(0, fence - fences_.begin() - 1);
  const IdEntry first{high, low, 0, 0, INT64_MIN, INT64_MIN};
  for (; block < num_blocks() && fences_[static_cast<size_t>(block)] <= high; ++block) {
    PL_ASSIGN_OR_RETURN(const auto entries, Block(block));
    for (auto at = std::lower_bound(entries.begin(), entries.end(), first); at != entries.end(); ++at) {
      if (at->high != high || at->low != low) return Status::OK();
      // Only the bytes are known to be those that were written, not who wrote them.
      if (at->file >= files_.size()) return Damaged("an entry names a file that is not there");
      if (visit(*at)) return Status::OK();
    }
  }
  return Status::OK();
}

}  // namespace pixlake::ingest
