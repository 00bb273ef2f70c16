// The columns of a checkpoint's Parquet file, by name, whatever width their writer chose.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  StructColumn Child(std::string_view name) const;

  Result<std::optional<std::string>> MaybeText(std::string_view name, int64_t row) const;
  Result<std::optional<int64_t>> MaybeInt(std::string_view name, int64_t row) const;
  Result<std::optional<bool>> MaybeBool(std::string_view name, int64_t row) const;
  Result<std::map<std::string, std::optional<std::string>>> NullableTextMap(std::string_view name,
                                                                            int64_t row) const;
  Result<std::map<std::string, std::string>> TextMap(std::string_view name, int64_t row) const;
  Result<std::vector<std::string>> TextList(std::string_view name, int64_t row) const;

  // The required ones: kCorrupt when null.
  Result<std::string> Text(std::string_view name, int64_t row) const;
  Result<int64_t> Int(std::string_view name, int64_t row) const;

  // The field's array, null when there is none.
  const std::shared_ptr<arrow::Array>& Field(std::string_view name) const;

 private:
  Status Wrong(std::string_view name, std::string_view expected) const;

  std::shared_ptr<arrow::Array> array_;
  std::string name_;
  // Few, and asked for once a row: quicker than a map.
  std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>> fields_;
};

}  // namespace pixlake::delta
