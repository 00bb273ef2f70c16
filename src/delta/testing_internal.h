// What the tests of this module share: temporary tables, rows as text.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/delta_format.h"
#include "io/location.h"
#include "table/table.h"

namespace pixlake::delta::testing {

// The value, or a failed test.
template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.status().ToString();
    std::abort();
  }
  return *std::move(result);
}

MATCHER_P2(FailsWith, code, what, "") {
  const Status status = arrow::ToStatus(arg);
  *result_listener << status.ToString();
  return !status.ok() && CodeOf(status) == code && status.message().find(what) != std::string::npos;
}

// A folder that is gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }
  io::Location location(const std::string& name = "table") const;

 private:
  std::filesystem::path path_;
};

void WriteText(const std::filesystem::path& path, const std::string& text);
std::string ReadText(const std::filesystem::path& path);

// A table whose log has these commits, version 0 first, one string each.
io::Location TableOfCommits(const TemporaryFolder& folder, const std::vector<std::string>& commits);

// Commits' lines.
std::string ProtocolLine(int reader, int writer, const std::string& features = "");
std::string MetadataLine(const std::string& fields_json, const std::string& configuration = "{}",
                         const std::string& partition_columns = "[]");
std::string AddLine(const std::string& path, const std::string& rest = "");

// One line a row, whatever the physical types: for comparing rows as multisets.
std::vector<std::string> RowsAsText(const arrow::Table& table, const std::vector<std::string>& columns);

// Every row of a scan.
Result<std::shared_ptr<arrow::Table>> ScanAll(const io::Location& location, const table::Snapshot& snapshot,
                                              const table::ScanRequest& request = {});

// All the Parquet files in a folder, as one table.
Result<std::shared_ptr<arrow::Table>> ReadParquetFolder(const std::filesystem::path& folder);

// Appends one file of rows (id long, name string) and commits it.
Result<table::CommitOutcome> AppendRows(table::Table* table, const std::vector<int64_t>& ids,
                                        const std::string& app_id = "", int64_t txn_version = 0);
std::shared_ptr<arrow::Schema> IdNameSchema();

}  // namespace pixlake::delta::testing
