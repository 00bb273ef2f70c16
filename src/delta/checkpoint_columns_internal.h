// The columns of a checkpoint's Parquet file, by name, whatever width their writer chose.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::delta {

// One struct column of a record batch, or a struct inside it. A field that is absent
// reads as null; one of an unexpected type is kCorrupt with its name. Borrows nothing:
// holds the arrays it reads.
class StructColumn {
 public:
  StructColumn() = default;
  StructColumn(std::shared_ptr<arrow::Array> array, std::string name);

  static StructColumn Of(const arrow::RecordBatch& batch, const std::string& name);

  bool Has(int64_t row) const;  // the struct itself is not null
  StructColumn Child(const std::string& name) const;

  Result<std::optional<std::string>> MaybeText(const std::string& name, int64_t row) const;
  Result<std::optional<int64_t>> MaybeInt(const std::string& name, int64_t row) const;
  Result<std::optional<bool>> MaybeBool(const std::string& name, int64_t row) const;
  Result<std::map<std::string, std::optional<std::string>>> NullableTextMap(const std::string& name,
                                                                            int64_t row) const;
  Result<std::map<std::string, std::string>> TextMap(const std::string& name, int64_t row) const;
  Result<std::vector<std::string>> TextList(const std::string& name, int64_t row) const;

  // The required ones: kCorrupt when null.
  Result<std::string> Text(const std::string& name, int64_t row) const;
  Result<int64_t> Int(const std::string& name, int64_t row) const;

  // The field's array, null when there is none.
  const std::shared_ptr<arrow::Array>& Field(const std::string& name) const;

 private:
  Status Wrong(const std::string& name, std::string_view expected) const;

  std::shared_ptr<arrow::Array> array_;
  std::string name_;
  std::map<std::string, std::shared_ptr<arrow::Array>> fields_;
};

}  // namespace pixlake::delta
