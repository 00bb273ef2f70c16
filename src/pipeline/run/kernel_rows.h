// What a kernel gives for rows of a table, as a file that SQL reads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "session/session.h"

#include "pipeline/run/key_set.h"
#include "pipeline/step/step_state.h"

namespace pixlake::pipeline {

// A Parquet file in the temporary folder, gone with this.
class KernelRows {
 public:
  // Runs the step's kernel over its first input: rows of `keys` alone (null: all), of the files that were not
  // whole in `since` (null: all files), where every row that was added, changed or put back since then is.
  // Rows of other keys may be among them. Batches of at most `batch_rows` rows, as many at once as the
  // session has threads.
  static Result<std::unique_ptr<KernelRows>> Make(const session::Session& session, const Step& step,
                                                  const OpenInput& input, const KeySet* keys,
                                                  const table::Snapshot* since, int64_t batch_rows,
                                                  const std::function<void(int64_t, int64_t)>& watch);
  ~KernelRows();
  KernelRows(const KernelRows&) = delete;
  KernelRows& operator=(const KernelRows&) = delete;

  int64_t rows() const { return rows_; }
  // "SELECT * FROM …": the columns that are passed, and the kernel's.
  std::string Select() const;

 private:
  KernelRows() = default;
  std::string path_;
  int64_t rows_ = 0;
};

}  // namespace pixlake::pipeline
