// A step of the work on images: a pure function from a record batch to a record batch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/clock.h"
#include "base/result.h"
#include "base/stop/stop_token.h"
#include "kernel/parameters.h"

namespace pixlake::sandbox {
class Examiner;
}

namespace pixlake::kernel {

// What a kernel may use beside its rows; whoever runs it owns what is pointed to.
struct Context {
  int64_t memory_bytes = int64_t{256} << 20;  // for one Run, beside its input and output
  StopToken stop;                             // asked between rows
  sandbox::Examiner* examiner = nullptr;      // the session's decoders; null: decoding in this process alone
  std::function<int64_t()> now_ms = NowMillis;
};

// A column that a kernel reads. Any of Arrow's binary or string types stands for another.
struct NeededColumn {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  bool required = true;
  std::string what;
};

struct GivenColumn {
  std::shared_ptr<arrow::Field> field;
  std::string what;
};

// What a kernel says of itself. `version` counts changes of what comes out of the same rows.
struct KernelInfo {
  std::string name;
  int version = 1;
  std::string what;
  ParameterSchema parameters;
  std::vector<NeededColumn> needs;
  std::vector<GivenColumn> gives;
};

// Thread-safe; keeps nothing between runs.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual const KernelInfo& info() const = 0;

  // Exactly the columns of info().gives, a row for each of `batch`, in order; what else `batch`
  // holds is not looked at. kSchemaMismatch for a batch without a column that is needed,
  // kCancelled when it is to stop; what is wrong with one row's image is a value in its row.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Run(const arrow::RecordBatch& batch,
                                                          const Context& context) const = 0;

  std::shared_ptr<arrow::Schema> output_schema() const;
};

// The column `name` as kernels take it: null when the batch has none and it is not required.
// kSchemaMismatch, naming the kernel, for one that is missing or of another kind.
Result<std::shared_ptr<arrow::Array>> NeededArray(const KernelInfo& info, const arrow::RecordBatch& batch,
                                                  const std::string& name);

}  // namespace pixlake::kernel
