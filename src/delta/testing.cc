#include <fstream>
#include <sstream>

#include <arrow/util/decimal.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>

#include "base/uuid.h"
#include "delta/testing_internal.h"
#include "table/data_file_writer.h"

namespace pixlake::delta::testing {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() : path_(fs::temp_directory_path() / ("pixlake_delta_" + NewUuid())) {
  fs::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
  fs::remove_all(path_);
}

io::Location TemporaryFolder::location(const std::string& name) const {
  return Must(io::Locate((path_ / name).string(), {.sync = false}));
}

void WriteText(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string ReadText(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

io::Location TableOfCommits(const TemporaryFolder& folder, const std::vector<std::string>& commits) {
  for (size_t version = 0; version < commits.size(); ++version) {
    WriteText(folder.path() / "table" / "_delta_log" / fmt::format("{:020}.json", version), commits[version]);
  }
  return folder.location();
}

std::string ProtocolLine(int reader, int writer, const std::string& features) {
  return fmt::format("{{\"protocol\":{{\"minReaderVersion\":{},\"minWriterVersion\":{}{}}}}}\n", reader,
                     writer, features.empty() ? "" : "," + features);
}

std::string MetadataLine(const std::string& fields_json, const std::string& configuration,
                         const std::string& partition_columns) {
  std::string schema = "{\"type\":\"struct\",\"fields\":[" + fields_json + "]}";
  std::string escaped;
  for (const char c : schema) {
    escaped += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  }
  return fmt::format(
      "{{\"metaData\":{{\"id\":\"t\",\"format\":{{\"provider\":\"parquet\",\"options\":{{}}}},"
      "\"schemaString\":\"{}\","
      "\"partitionColumns\":{},\"configuration\":{}}}}}\n",
      escaped, partition_columns, configuration);
}

std::string AddLine(const std::string& path, const std::string& rest) {
  return fmt::format(
      "{{\"add\":{{\"path\":\"{}\",{}\"size\":1,\"modificationTime\":0,\"dataChange\":true{}}}}}\n", path,
      rest.find("partitionValues") == std::string::npos ? "\"partitionValues\":{}," : "",
      rest.empty() ? "" : "," + rest);
}

namespace {

std::string ValueText(const arrow::Array& array, int64_t row);

std::string JoinValues(const arrow::Array& values, int64_t begin, int64_t length) {
  std::string out;
  for (int64_t i = begin; i < begin + length; ++i) {
    out += ValueText(values, i) + ",";
  }
  return out;
}

std::string MapText(const arrow::MapArray& map, int64_t row) {
  std::vector<std::string> entries;
  for (int64_t i = map.value_offset(row); i < map.value_offset(row) + map.value_length(row); ++i) {
    entries.push_back(ValueText(*map.keys(), i) + ":" + ValueText(*map.items(), i));
  }
  std::sort(entries.begin(), entries.end());
  std::string out = "{";
  for (const std::string& entry : entries) {
    out += entry + ",";
  }
  return out + "}";
}

std::string StructText(const arrow::StructArray& record, int64_t row) {
  std::string out = "(";
  for (int i = 0; i < record.num_fields(); ++i) {
    out += record.struct_type()->field(i)->name() + "=" + ValueText(*record.field(i), row) + ",";
  }
  return out + ")";
}

std::string TimestampText(const arrow::TimestampArray& array, int64_t row) {
  const int64_t value = array.Value(row);
  switch (static_cast<const arrow::TimestampType&>(*array.type()).unit()) {
    case arrow::TimeUnit::SECOND:
      return std::to_string(value * 1'000'000);
    case arrow::TimeUnit::MILLI:
      return std::to_string(value * 1000);
    case arrow::TimeUnit::MICRO:
      return std::to_string(value);
    case arrow::TimeUnit::NANO:
      return std::to_string(value / 1000);
  }
  return "";
}

std::string ValueText(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) {
    return "null";
  }
  switch (array.type_id()) {
    case arrow::Type::STRUCT:
      return StructText(static_cast<const arrow::StructArray&>(array), row);
    case arrow::Type::MAP:
      return MapText(static_cast<const arrow::MapArray&>(array), row);
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      return "[" + JoinValues(*list.values(), list.value_offset(row), list.value_length(row)) + "]";
    }
    case arrow::Type::TIMESTAMP:
      return TimestampText(static_cast<const arrow::TimestampArray&>(array), row);
    case arrow::Type::FLOAT:
      return fmt::format("{:.9g}", static_cast<const arrow::FloatArray&>(array).Value(row));
    case arrow::Type::DOUBLE:
      return fmt::format("{:.17g}", static_cast<const arrow::DoubleArray&>(array).Value(row));
    default:
      return Must(array.GetScalar(row))->ToString();
  }
}

}  // namespace

std::vector<std::string> RowsAsText(const arrow::Table& table, const std::vector<std::string>& columns) {
  const auto combined = Must(table.CombineChunksToBatch());
  std::vector<std::string> out;
  for (int64_t row = 0; row < combined->num_rows(); ++row) {
    std::string text;
    for (const std::string& name : columns) {
      const auto column = combined->GetColumnByName(name);
      text += name + "=" + (column == nullptr ? "ABSENT" : ValueText(*column, row)) + "|";
    }
    out.push_back(std::move(text));
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::shared_ptr<arrow::Table>> ScanAll(const io::Location& location, const table::Snapshot& snapshot,
                                              const table::ScanRequest& request) {
  PL_ASSIGN_OR_RETURN(auto plan, snapshot.PlanScan(request));
  PL_ASSIGN_OR_RETURN(
      auto reader, table::ReadAll(location.store, std::make_shared<const table::ScanPlan>(std::move(plan))));
  return reader->ToTable();
}

Result<std::shared_ptr<arrow::Table>> ReadParquetFolder(const fs::path& folder) {
  std::vector<std::shared_ptr<arrow::Table>> tables;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || !name.ends_with(".parquet") || name.starts_with(".")) {
      continue;
    }
    PL_ASSIGN_OR_RETURN(auto input, arrow::io::ReadableFile::Open(entry.path().string()));
    parquet::arrow::FileReaderBuilder builder;
    PL_RETURN_NOT_OK(builder.Open(input));
    parquet::ArrowReaderProperties properties;
    properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    std::unique_ptr<parquet::arrow::FileReader> reader;
    PL_RETURN_NOT_OK(builder.properties(properties)->Build(&reader));
    PL_ASSIGN_OR_RETURN(auto table, reader->ReadTable());
    tables.push_back(std::move(table));
  }
  if (tables.empty()) {
    return Error(ErrorCode::kNotFound, "no Parquet file in " + folder.string());
  }
  return arrow::ConcatenateTables(tables, arrow::ConcatenateTablesOptions{.unify_schemas = true});
}

std::shared_ptr<arrow::Schema> IdNameSchema() {
  return arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8())});
}

Result<table::CommitOutcome> AppendRows(table::Table* table, const std::vector<int64_t>& ids,
                                        const std::string& app_id, int64_t txn_version) {
  PL_ASSIGN_OR_RETURN(auto snapshot, table->Load({}));
  PL_ASSIGN_OR_RETURN(auto transaction, table->BeginAppend(snapshot));
  arrow::Int64Builder id_builder;
  arrow::StringBuilder name_builder;
  for (const int64_t id : ids) {
    PL_RETURN_NOT_OK(id_builder.Append(id));
    PL_RETURN_NOT_OK(name_builder.Append("row " + std::to_string(id)));
  }
  PL_ASSIGN_OR_RETURN(auto id_array, id_builder.Finish());
  PL_ASSIGN_OR_RETURN(auto name_array, name_builder.Finish());
  PL_ASSIGN_OR_RETURN(auto writer, table::DataFileWriter::Make(table->location(), IdNameSchema()));
  PL_RETURN_NOT_OK(writer->Write(
      *arrow::RecordBatch::Make(IdNameSchema(), static_cast<int64_t>(ids.size()), {id_array, name_array})));
  PL_ASSIGN_OR_RETURN(auto files, writer->Finish());
  for (table::StagedFile& file : files) {
    transaction->Append(std::move(file));
  }
  if (!app_id.empty()) {
    transaction->SetTxn(app_id, txn_version);
  }
  return transaction->Commit();
}

}  // namespace pixlake::delta::testing
