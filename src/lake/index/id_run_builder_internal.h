// From data files to a run of the id index.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "file/blob/blob_reader.h"
#include "io/location.h"
#include "lake/index/id_run_internal.h"
#include "table/scan.h"

namespace pixlake::lake {

// A place that only a reader of pages can tell has this length and no offset.
constexpr int64_t kUnknownLength = -2;

struct IdSource {
  io::Location table;
  std::string folder;          // of the index
  table::ScanPlan plan;        // gives the id column, then `size` if the table has it
  std::string content_column;  // as the data files name it; "" when the table has none
  IdColumns columns;
  int64_t memory_bytes = 0;
};

// 64 hex digits into the first 16 of 32 bytes, as numbers; false for any other text.
bool ParseId(std::string_view text, uint64_t* high, uint64_t* low);

// Reads the ids, sizes and page indexes of the tasks' files, sorting within the memory
// and spilling what does not fit. Deleted rows are in it: deletion vectors change.
class IdRunBuilder {
 public:
  explicit IdRunBuilder(const IdSource& source);
  // `files` are the tasks', in order.
  Result<std::shared_ptr<IdRun>> Build(const std::vector<const table::ScanTask*>& tasks,
                                       std::vector<CoveredFile> files);

 private:
  struct Row {
    uint64_t high = 0;
    uint64_t low = 0;
    bool has_id = false;
    int64_t size = -1;
  };

  Status AddFile(const table::ScanTask& task, uint32_t file);
  Status AddBatch(const arrow::RecordBatch& batch);
  // Entries for the pages whose rows have all been read; at the file's end, for all rows.
  Status EmitPages(file::BlobReader* blobs, uint32_t file, bool at_end);
  Status Emit(uint32_t file, int64_t rows, std::span<const file::BlobPlace> places);
  Status Spill();

  const IdSource& source_;
  const size_t max_entries_;
  const std::shared_ptr<io::Store> spill_store_;
  std::vector<CoveredFile> files_;
  std::vector<IdEntry> entries_;
  std::vector<std::shared_ptr<IdRun>> spills_;
  std::vector<Row> pending_;  // rows read that have no entry yet
  int64_t first_pending_ = 0;
};

}  // namespace pixlake::lake
