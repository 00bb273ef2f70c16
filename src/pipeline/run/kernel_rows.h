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
  // Runs the step's kernel over its first input: rows of `keys` alone (null: all); where these are many, or
  // no texts, rows of other keys are among them. Batches of at most `batch_rows` rows, as many at once as the
  // session has threads. A content beside the table that is not there, or is elsewhere, is null.
  static Result<std::unique_ptr<KernelRows>> Make(const session::Session& session, const Step& step,
                                                  const OpenInput& input, const KeySet* keys,
                                                  int64_t batch_rows,
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
