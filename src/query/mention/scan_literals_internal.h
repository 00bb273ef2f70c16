// Literals of a query's JSON tree as Arrow scalars.
#pragma once

#include <memory>
#include <string>

#include <arrow/type_fwd.h>
#include <nlohmann/json.hpp>

namespace pixlake::query {

// ASCII letters only, as SQL compares names.
std::string LowerCase(std::string text);

// The text under a key; empty when there is none.
std::string TextAt(const nlohmann::json& node, const char* key);

// Whether it is NULL, of whatever type.
bool IsNullLiteral(const nlohmann::json& node);

// A typed constant, or a text cast to a type as in DATE '2024-01-01'; null for others.
std::shared_ptr<arrow::Scalar> ParseLiteral(const nlohmann::json& node);

}  // namespace pixlake::query
