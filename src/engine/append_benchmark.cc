// append_benchmark sync|no-sync TABLE COUNT
// Makes a table and appends to it COUNT times, one row and one commit each; prints the
// milliseconds of every append as one JSON array.
#include <chrono>
#include <cstdio>
#include <string>

#include <arrow/api.h>

#include "engine/session.h"
#include "table/data_file_writer.h"

namespace {

using pixlake::Status;

Status AppendOne(pixlake::table::Table* table, const std::shared_ptr<arrow::Schema>& schema, int64_t id) {
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  PL_ASSIGN_OR_RETURN(const auto transaction, table->BeginAppend(snapshot));
  PL_ASSIGN_OR_RETURN(const auto writer, pixlake::table::DataFileWriter::Make(table->location(), schema));
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  PL_RETURN_NOT_OK(ids.Append(id));
  PL_RETURN_NOT_OK(names.Append("row " + std::to_string(id)));
  PL_ASSIGN_OR_RETURN(auto id_array, ids.Finish());
  PL_ASSIGN_OR_RETURN(auto name_array, names.Finish());
  PL_RETURN_NOT_OK(writer->Write(*arrow::RecordBatch::Make(schema, 1, {id_array, name_array})));
  PL_ASSIGN_OR_RETURN(auto files, writer->Finish());
  for (auto& file : files) transaction->Append(std::move(file));
  return transaction->Commit().status();
}

Status Run(bool sync, const std::string& place, int count) {
  pixlake::engine::SessionOptions options;
  options.sync = sync;
  PL_ASSIGN_OR_RETURN(const auto session, pixlake::engine::MakeSession(options));
  PL_ASSIGN_OR_RETURN(const auto location, session->Locate(place));
  PL_ASSIGN_OR_RETURN(auto* const format, session->Format("delta"));
  pixlake::table::TableDefinition definition;
  definition.schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8())});
  PL_ASSIGN_OR_RETURN(const auto table, format->Create(location, definition));
  std::printf("[");
  for (int i = 0; i < count; ++i) {
    const auto start = std::chrono::steady_clock::now();
    PL_RETURN_NOT_OK(AppendOne(table.get(), definition.schema, i));
    const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
    std::printf("%s%.3f", i == 0 ? "" : ",", spent.count());
  }
  std::printf("]\n");
  return Status::OK();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const Status status = Run(std::string(argv[1]) == "sync", argv[2], std::stoi(argv[3]));
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
