// Owners of DuckDB's C handles, and its errors as ours.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <duckdb.h>

#include "base/result.h"

namespace pixlake::query {

// A C handle that is destroyed through a pointer to itself.
template <typename Handle, void (*Destroy)(Handle*)>
class Owned {
 public:
  Owned() = default;
  explicit Owned(Handle handle) : handle_(handle) {}
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Owned() {
    if (handle_ != nullptr) Destroy(&handle_);
  }

  Handle get() const { return handle_; }
  Handle* out() { return &handle_; }

 private:
  Handle handle_ = nullptr;
};

using Database = Owned<duckdb_database, duckdb_close>;
using Connection = Owned<duckdb_connection, duckdb_disconnect>;
using Config = Owned<duckdb_config, duckdb_destroy_config>;
using Value = Owned<duckdb_value, duckdb_destroy_value>;
using LogicalType = Owned<duckdb_logical_type, duckdb_destroy_logical_type>;
using DataChunk = Owned<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using Prepared = Owned<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Extracted = Owned<duckdb_extracted_statements, duckdb_destroy_extracted>;
using Pending = Owned<duckdb_pending_result, duckdb_destroy_pending>;
using TableFunction = Owned<duckdb_table_function, duckdb_destroy_table_function>;
using ArrowOptions = Owned<duckdb_arrow_options, duckdb_destroy_arrow_options>;
using ConvertedSchema = Owned<duckdb_arrow_converted_schema, duckdb_destroy_arrow_converted_schema>;

// A result that is destroyed once.
class OwnedResult {
 public:
  OwnedResult() = default;
  OwnedResult(const OwnedResult&) = delete;
  OwnedResult& operator=(const OwnedResult&) = delete;
  ~OwnedResult() { duckdb_destroy_result(&result_); }

  duckdb_result* get() { return &result_; }

 private:
  duckdb_result result_ = {};
};

class EditedText;

// "Binder Error: …" and the like as a status; the kind decides the code. Sessions have errors
// said as JSON, with the place in the statement: with `sql`, what the user typed there is quoted.
Status DuckDbError(const char* message, const EditedText* sql = nullptr);

// Fails when the error data says so; takes it.
Status TakeError(duckdb_error_data error);

// The text of a VARCHAR value.
std::string TextOf(duckdb_value value);

// Runs a statement and drops its rows.
Status Execute(duckdb_connection connection, const std::string& sql);

}  // namespace pixlake::query
