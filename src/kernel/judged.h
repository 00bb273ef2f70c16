// The kernel `judge` for those who have contents in C++ and want the answers there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "image/facts.h"
#include "kernel/kernel.h"

namespace pixlake::kernel {

// One content and what is known of where it came from.
struct JudgeInput {
  std::span<const uint8_t> bytes;
  std::string_view filename;  // for what the name claims; may be empty
  bool fetched = false;       // over a network
  bool end_not_read = false;  // the end of the bytes is not what the file has
  int descriptor = -1;        // an open file of the bytes, from its beginning to its end; -1: none
};

// What `judge`, or a kernel in its place, gave.
class Judged {
 public:
  // kSchemaMismatch when a column of judge's is missing or of another type.
  static Result<Judged> Make(std::shared_ptr<arrow::RecordBatch> rows);

  int64_t num_rows() const;
  bool IsOk(int64_t row) const;
  image::Answer Answer(int64_t row) const;
  // Reaches into the batch.
  std::string_view MimeType(int64_t row) const;
  // Whether the bytes are of a format of images, sound or not.
  bool HasFormat(int64_t row) const;

 private:
  explicit Judged(std::shared_ptr<arrow::RecordBatch> rows) : rows_(std::move(rows)) {}
  Status FindFacts();
  std::string_view Text(int column, int64_t row) const;
  std::optional<double> Coordinate(int column, int64_t row) const;

  std::shared_ptr<arrow::RecordBatch> rows_;
  std::vector<int> columns_;  // in the order of judge's, the facts' last
};

// Runs the kernel over the contents; each is under 2 GiB and lies in one of `owners`.
Result<Judged> Judge(const Kernel& kernel, std::span<const JudgeInput> inputs,
                     std::span<const std::shared_ptr<arrow::Buffer>> owners, const Context& context);

// Of a column of bytes in any of Arrow's layouts, about which nothing else is known.
Result<Judged> JudgeColumn(const Kernel& kernel, std::shared_ptr<arrow::Array> contents,
                           const Context& context);

// Of bytes of any size, which are borrowed for the run.
Result<Judged> JudgeOne(const Kernel& kernel, const JudgeInput& input, const Context& context);

}  // namespace pixlake::kernel
