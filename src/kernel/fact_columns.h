// image::CommonFacts as columns: the types that its members have in batches and in raw.metadata.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/api.h>

#include "base/result.h"
#include "image/facts.h"

namespace pixlake::kernel {

inline std::shared_ptr<arrow::DataType> FactType(const std::string&) {
  return arrow::utf8();
}
inline std::shared_ptr<arrow::DataType> FactType(const std::optional<double>&) {
  return arrow::float64();
}
inline std::shared_ptr<arrow::DataType> FactType(const std::optional<int32_t>&) {
  return arrow::int32();
}
inline std::shared_ptr<arrow::DataType> FactType(const std::optional<int64_t>&) {
  return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
}
inline std::shared_ptr<arrow::DataType> FactType(const std::vector<std::string>&) {
  return arrow::list(arrow::field("element", arrow::utf8()));
}

// Null for what there is not. The builder is of FactType.
Status AppendFact(const std::string& text, arrow::ArrayBuilder* builder);
Status AppendFact(const std::optional<double>& number, arrow::ArrayBuilder* builder);
Status AppendFact(const std::optional<int32_t>& number, arrow::ArrayBuilder* builder);
Status AppendFact(const std::optional<int64_t>& micros, arrow::ArrayBuilder* builder);
Status AppendFact(const std::vector<std::string>& texts, arrow::ArrayBuilder* builder);

// The other way; the array is of FactType.
void TakeFact(const arrow::Array& array, int64_t row, std::string* text);
void TakeFact(const arrow::Array& array, int64_t row, std::optional<double>* number);
void TakeFact(const arrow::Array& array, int64_t row, std::optional<int32_t>* number);
void TakeFact(const arrow::Array& array, int64_t row, std::optional<int64_t>* micros);
void TakeFact(const arrow::Array& array, int64_t row, std::vector<std::string>* texts);

}  // namespace pixlake::kernel
