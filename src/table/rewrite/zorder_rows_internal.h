// The rows of a partition on their way into Z-order: everything but the blobs, which stay
// in their files and are named by their place.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "file/blob/blob_reader.h"
#include "table/rewrite/group_writer_internal.h"

namespace pixlake::table {

// Where the blobs of rows are; open files, one per data file. Thread-safe once open.
class BlobFiles {
 public:
  // `columns` are the blob columns. False in `ours[i]`: the file is in another layout.
  static Result<BlobFiles> Open(io::Store* store, const std::vector<std::string>& paths,
                                const std::vector<std::string>& columns);

  const std::vector<bool>& ours() const { return ours_; }

  // The places of one column's values in all rows of a file.
  Result<std::vector<file::BlobPlace>> Places(size_t file, const std::string& column) const;

  // Values at places, as views into one buffer. The length that stands before each in its
  // page is checked (kCorrupt).
  Result<std::shared_ptr<arrow::Array>> Fetch(const arrow::Int32Array& files,
                                              const arrow::Int64Array& offsets,
                                              const arrow::Int64Array& lengths) const;

 private:
  std::vector<std::string> paths_;
  std::vector<std::shared_ptr<arrow::io::RandomAccessFile>> inputs_;
  std::vector<std::unique_ptr<file::BlobReader>> readers_;
  std::vector<bool> ours_;
};

// Rows in buckets of key ranges, in memory or, when there are many, in files. Each bucket
// is to fit the memory. Deletes its files.
class KeyBuckets {
 public:
  // `bounds`: sorted, the first keys of the second and later buckets.
  KeyBuckets(std::shared_ptr<arrow::Schema> schema, std::vector<uint64_t> bounds, std::string folder);
  ~KeyBuckets();

  // `keys`: one per row.
  Status Add(const arrow::RecordBatch& rows, const std::vector<uint64_t>& keys);
  // Calls with each bucket's rows sorted by key, the lowest bucket first.
  Status ForEach(const std::function<Status(const std::shared_ptr<arrow::RecordBatch>&)>& body);

 private:
  struct Bucket;
  Status Spill(Bucket* bucket, const std::shared_ptr<arrow::RecordBatch>& rows);
  Result<std::shared_ptr<arrow::RecordBatch>> Sorted(Bucket* bucket);

  std::shared_ptr<arrow::Schema> schema_;  // with the key in front
  std::vector<uint64_t> bounds_;
  std::string folder_;
  std::vector<std::unique_ptr<Bucket>> buckets_;
};

}  // namespace pixlake::table
