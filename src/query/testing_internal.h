// A table for tests: the Parquet files of a folder, version N being the first N + 1 of them.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "query/session/sql_session.h"

namespace pixlake::query {

// Opens such tables, skips files by their statistics and counts the files that scans open.
class FolderTables {
 public:
  FolderTables();

  // `name`('folder'), and `FROM 'folder'` for folders that end in "_table".
  ScanFunction Function(const std::string& name) const;
  int64_t opened() const { return *opened_; }
  void ResetOpened() { *opened_ = 0; }

 private:
  std::shared_ptr<std::atomic<int64_t>> opened_;
};

// One value per cell as the .test files spell it: NULL, (empty), texts as they are.
std::string TestCell(const arrow::Array& array, int64_t row);

}  // namespace pixlake::query
