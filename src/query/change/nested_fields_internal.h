// Fields of structs that come with rows and those that the table has.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::query {

// Whether a value of type `given` is one of `wanted` with nothing lost and nothing made up:
// structs, also those in lists and maps, have the same fields by name in any case and order
// (as many, where those given have no names). kSchemaMismatch names the first that only one
// of them has. Other types are DuckDB's to cast.
Status CheckFields(const arrow::DataType& given, const arrow::DataType& wanted, const std::string& path);

// `wanted` with the fields that only `given` has behind its own, at every depth.
std::shared_ptr<arrow::DataType> WithFieldsOf(const std::shared_ptr<arrow::DataType>& wanted,
                                              const arrow::DataType& given);

// SQL for the struct `given` (an expression of type `given_type`) with the fields that only
// `kept`, of type `kept_type`, has from there; `given` itself when there are none.
std::string WithFieldsKept(const std::string& given, const arrow::DataType& given_type,
                           const std::string& kept, const arrow::DataType& kept_type);

// A value for a field of a struct; the path leads through structs.
struct FieldValue {
  std::vector<std::string> path;
  std::string expression;
};

// SQL for the struct `old` (an expression of type `type`) with other values for some of its fields;
// of a struct that is NULL the others are NULL, as in Spark. kUsage for fields that are not there,
// or are assigned twice. `name`: what errors call it.
Result<std::string> StructWithFields(const std::string& old, const arrow::DataType& type,
                                     const std::vector<FieldValue>& values, const std::string& name);

}  // namespace pixlake::query
