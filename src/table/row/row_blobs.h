// Single blobs of a data file, by the rows they are in.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "file/blob/blob_reader.h"
#include "table/scan.h"

namespace pixlake::table {

// For who comes with rows in any order. A value's page tells once where all of its values are;
// after that each is one read. Not thread-safe.
class RowBlobs {
 public:
  // The blob `columns` of plan.table_schema in the task's file. Null when the places of values cannot
  // be known without reading them: files not in our layout (design section 6), columns found by id.
  static Result<std::unique_ptr<RowBlobs>> Open(const std::shared_ptr<io::Store>& store, const ScanPlan& plan,
                                                const ScanTask& task,
                                                const std::vector<std::string>& columns);

  // The value in `row` (physical, from 0) of columns[column]; null for a null. What a local file gives
  // lies in the file's mapping.
  Result<std::shared_ptr<arrow::Buffer>> Read(size_t column, int64_t row);

 private:
  struct Page {
    int64_t count = 0;
    std::vector<file::BlobPlace> places;
  };
  struct Column {
    std::string name;               // in the file
    std::map<int64_t, Page> pages;  // by first row
  };

  RowBlobs() = default;
  // Null when it cannot be known where the values of the row's page are.
  Result<const Page*> PageOf(Column* column, int64_t row, int64_t* first);

  std::string path_;
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::unique_ptr<file::BlobReader> reader_;
  std::vector<Column> columns_;
  int64_t known_ = 0;  // places in all pages
};

}  // namespace pixlake::table
