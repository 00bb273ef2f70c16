// Bytes and texts out of columns, whichever of Arrow's layouts they have.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::kernel {

// Borrows from its array. Thread-safe.
class ContentColumn {
 public:
  // Nulls throughout for a column that is not there. kSchemaMismatch for no bytes.
  static Result<ContentColumn> Make(std::shared_ptr<arrow::Array> array);

  // nullopt: null.
  std::optional<std::span<const uint8_t>> Bytes(int64_t row) const;
  // Empty: null.
  std::string_view Text(int64_t row) const;

 private:
  enum class Layout { kNone, kSmall, kLarge, kView };
  ContentColumn(std::shared_ptr<arrow::Array> array, Layout layout)
      : array_(std::move(array)), layout_(layout) {}
  std::string_view View(int64_t row) const;

  std::shared_ptr<arrow::Array> array_;
  Layout layout_;
};

// Contents that lie in buffers of others, as a column of them (binary_view): nothing is copied,
// the column keeps `owners` alive and each view lies within one of them. Null where a view has no
// data. kUsage for a view that lies in none, or further in than 2 GiB.
Result<std::shared_ptr<arrow::Array>> ViewsOf(std::span<const std::span<const uint8_t>> contents,
                                              std::span<const std::shared_ptr<arrow::Buffer>> owners);

}  // namespace pixlake::kernel
