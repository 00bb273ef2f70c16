// One immutable run of the id index: a file of entries sorted by id.
//
//   header    4096 bytes: the magic, then zeros
//   blocks    of 16 KiB: 409 entries sorted by id, then zeros; the last one may hold fewer
//   index     the columns it is of, the data files it covers, and for each block its first
//             id's first 8 bytes (as a number) and its CRC-32
//   footer    64 bytes: sizes, the index's CRC-32 and its own
//
// Numbers are little-endian. Open() checks header, index and footer; a block is checked
// when it is first looked into, so that opening costs nothing of the entries. No byte is
// trusted before its checksum was found right, nor any number after it was.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/store.h"

namespace pixlake::lake {

struct IdEntry {
  uint64_t high = 0;  // the id's bytes 0 to 7, as a big-endian number
  uint64_t low = 0;   // 8 to 15
  uint32_t file = 0;  // in the run's list of files
  uint32_t row = 0;   // physical
  int64_t offset = -1;
  int64_t length = -1;

  // By id, then place, so that a run is the same however it came to be.
  auto operator<=>(const IdEntry&) const = default;
};
static_assert(sizeof(IdEntry) == 40);

struct CoveredFile {
  std::string path;  // relative to the table's folder, or absolute
  int64_t size = 0;
  int64_t ids = 0;  // entries of it
};

// What a run is of; runs of other columns are other indexes.
struct IdColumns {
  std::string id;
  std::string content;
  bool operator==(const IdColumns&) const = default;
};

constexpr int64_t kIdBlockBytes = 16 << 10;
constexpr int64_t kIdBlockEntries = kIdBlockBytes / static_cast<int64_t>(sizeof(IdEntry));

// Thread-safe.
class IdRun {
 public:
  // kCorrupt when it is no whole run, kUnsupported when a newer pixlake wrote it.
  // `path` is what it is called, `file` what is mapped: a run of a remote table is a copy here.
  static Result<std::shared_ptr<IdRun>> Open(const std::string& file, const std::string& path);
  ~IdRun();
  IdRun(const IdRun&) = delete;
  IdRun& operator=(const IdRun&) = delete;

  // As its table's store takes it.
  const std::string& path() const { return path_; }
  const IdColumns& columns() const { return columns_; }
  const std::vector<CoveredFile>& files() const { return files_; }
  int64_t num_entries() const { return num_entries_; }
  int64_t num_blocks() const { return static_cast<int64_t>(fences_.size()); }

  // Calls `visit` with every entry of the id until that returns true. kCorrupt when a
  // block it needs is damaged.
  Status Visit(uint64_t high, uint64_t low, const std::function<bool(const IdEntry&)>& visit) const;

  // The entries of a block. kCorrupt when it is damaged.
  Result<std::span<const IdEntry>> Block(int64_t block) const;

 private:
  IdRun(std::string path, const uint8_t* bytes, int64_t size)
      : path_(std::move(path)), bytes_(bytes), size_(size) {}
  Status CheckVersion() const;
  Status Load();
  Status LoadIndex(std::span<const uint8_t> index, uint64_t blocks);
  Status Damaged(std::string_view what) const;

  const std::string path_;
  const uint8_t* const bytes_;  // mapped
  const int64_t size_;
  IdColumns columns_;
  std::vector<CoveredFile> files_;
  int64_t num_entries_ = 0;
  std::vector<uint64_t> fences_;
  std::vector<uint32_t> checksums_;
  mutable std::vector<std::atomic<bool>> checked_;
};

// Writes a run, entries in order.
class IdRunWriter {
 public:
  // `files`: what the entries' numbers mean; their counts of ids are filled in.
  static Result<std::unique_ptr<IdRunWriter>> Create(io::Store* store, std::string path, IdColumns columns,
                                                     std::vector<CoveredFile> files);
  Status Append(const IdEntry& entry);
  // Durable, as the store is, and there under its name.
  Result<std::shared_ptr<IdRun>> Finish();

 private:
  IdRunWriter(std::unique_ptr<io::OutputFile> output, io::Store* store, std::string file, std::string path,
              IdColumns columns, std::vector<CoveredFile> files)
      : output_(std::move(output)),
        store_(store),
        file_(std::move(file)),
        path_(std::move(path)),
        columns_(std::move(columns)),
        files_(std::move(files)) {}
  Status FlushBlock();
  std::string Index() const;

  const std::unique_ptr<io::OutputFile> output_;
  io::Store* const store_;
  const std::string file_;  // that is written; of a remote table one of this machine's, sent when it is whole
  const std::string path_;
  const IdColumns columns_;
  std::vector<CoveredFile> files_;
  std::vector<IdEntry> block_;
  std::vector<uint64_t> fences_;
  std::vector<uint32_t> checksums_;
  uint64_t num_entries_ = 0;
};

}  // namespace pixlake::lake
