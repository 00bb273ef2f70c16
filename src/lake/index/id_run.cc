#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lake/index/id_run_format_internal.h"
#include "lake/index/id_run_internal.h"

namespace pixlake::lake {
namespace {

// The first of `count` ascending items that is not below what is wanted, looked for from
// `guess` on in doubling steps: hashes are spread evenly, so that a guess by proportion
// is close, and every step saved is a cache miss less. `below(i)`: item i comes before.
template <typename Below>
int64_t LowerBound(int64_t count, int64_t guess, Below below) {
  int64_t low = 0, high = count;  // the answer is within
  guess = std::clamp<int64_t>(guess, 0, std::max<int64_t>(0, count - 1));
  if (count > 0 && below(guess)) {
    low = guess + 1;
    for (int64_t step = 4; low + step < high; step *= 2) {
      if (!below(low + step)) {
        high = low + step;
        break;
      }
      low += step + 1;
    }
  } else if (count > 0) {
    high = guess;
    for (int64_t step = 4; high - step >= low; step *= 2) {
      if (below(high - step)) {
        low = high - step + 1;
        break;
      }
      high -= step;
    }
  }
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (below(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// Which of `count` evenly spread items of [first, last] `wanted` should be.
int64_t Guess(uint64_t wanted, uint64_t first, uint64_t last, int64_t count) {
  if (wanted <= first || last <= first) return 0;
  const double share = static_cast<double>(wanted - first) / static_cast<double>(last - first);
  return share >= 1 ? count : static_cast<int64_t>(share * static_cast<double>(count));
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

Result<std::shared_ptr<IdRun>> IdRun::Open(const std::string& file, const std::string& path) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, "opening", file);
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

// A newer pixlake's run: neither to be believed nor to be deleted.
Status IdRun::CheckVersion() const {
  const auto* magic = reinterpret_cast<const char*>(bytes_);
  const bool ours = std::memcmp(magic, kIdRunMagic.data(), kIdRunVersionAt) == 0;
  if (!ours || magic[kIdRunVersionAt] <= kIdRunMagic[kIdRunVersionAt]) return Status::OK();
  return Error(ErrorCode::kUnsupported,
               fmt::format("{} is a run of the id index of version {}; this pixlake knows version {}", path_,
                           magic[kIdRunVersionAt], kIdRunMagic[kIdRunVersionAt]));
}

Status IdRun::Load() {
  PL_RETURN_NOT_OK(CheckVersion());
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
  const int64_t fence = LowerBound(num_blocks(), Guess(high, 0, UINT64_MAX, num_blocks()),
                                   [&](int64_t i) { return fences_[static_cast<size_t>(i)] < high; });
  for (int64_t block = std::max<int64_t>(0, fence - 1); block < num_blocks(); ++block) {
    const auto index = static_cast<size_t>(block);
    if (fences_[index] > high) break;
    PL_ASSIGN_OR_RETURN(const auto entries, Block(block));
    const auto count = static_cast<int64_t>(entries.size());
    const uint64_t next = index + 1 < fences_.size() ? fences_[index + 1] : UINT64_MAX;
    int64_t i = LowerBound(count, Guess(high, fences_[index], next, count), [&](int64_t at) {
      const IdEntry& entry = entries[static_cast<size_t>(at)];
      return std::pair(entry.high, entry.low) < std::pair(high, low);
    });
    for (; i < count; ++i) {
      const IdEntry* const at = &entries[static_cast<size_t>(i)];
      if (at->high != high || at->low != low) return Status::OK();
      // Only the bytes are known to be those that were written, not who wrote them.
      if (at->file >= files_.size()) return Damaged("an entry names a file that is not there");
      if (visit(*at)) return Status::OK();
    }
  }
  return Status::OK();
}

}  // namespace pixlake::lake
