// SHOW TABLES [IN zone], COLUMNS IN table, CREATE TABLE table, TBLPROPERTIES table, PARTITIONS table
#include <algorithm>
#include <set>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"
#include "query/statement/schema/schema_text.h"
#include "query/statement/show/text_rows.h"
#include "query/statement/statement.h"
#include "table/schema_change.h"

namespace pixlake::query {
namespace {

// A name in Spark's quotes where it needs them.
std::string SparkName(const std::string& name) {
  const bool plain = !name.empty() &&
                     name.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789_") == std::string::npos &&
                     (name[0] < '0' || name[0] > '9');
  if (plain) return name;
  std::string out = "`";
  for (const char c : name) out.append(c == '`' ? 2 : 1, c);
  return out + "`";
}

std::string NamesInBrackets(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(SparkName(name));
  return fmt::format("({})", fmt::join(quoted, ", "));
}

std::string MetadataOf(const arrow::Field& field, const char* key) {
  return field.metadata() == nullptr ? "" : field.metadata()->Get(key).ValueOr("");
}

std::string ColumnText(const arrow::Field& field) {
  std::string out = fmt::format("  {} {}", SparkName(field.name()), SparkTypeName(*field.type()));
  if (const auto text = MetadataOf(field, table::kGeneratedKey); !text.empty())
    out += " GENERATED ALWAYS AS (" + text + ")";
  if (const auto text = MetadataOf(field, table::kDefaultKey); !text.empty()) out += " DEFAULT " + text;
  if (!field.nullable()) out += " NOT NULL";
  if (const auto text = MetadataOf(field, table::kCommentKey); !text.empty())
    out += " COMMENT " + SqlLiteral(text);
  return out;
}

struct Opened {
  std::unique_ptr<table::Table> table;
  std::shared_ptr<const table::Snapshot> snapshot;
  std::string name;
};

class Show {
 public:
  Show(const StatementContext& context, const SqlStatement& statement)
      : context_(context), cursor_(statement) {}

  Result<std::unique_ptr<QueryResult>> Run() {
    PL_RETURN_NOT_OK(cursor_.Expect("SHOW"));
    if (cursor_.TakeWords("TABLES")) return Tables();
    if (cursor_.TakeWords("COLUMNS")) return Columns();
    if (cursor_.TakeWords("CREATE TABLE")) return CreateTable();
    if (cursor_.TakeWords("TBLPROPERTIES")) return Properties();
    if (cursor_.TakeWords("PARTITIONS")) return Partitions();
    return nullptr;  // DuckDB's: SHOW ALL TABLES, SHOW threads
  }

 private:
  // `values`: what is told is in the rows, which all of them may be read for.
  Result<Opened> Take(bool values = false) {
    Opened out;
    PL_ASSIGN_OR_RETURN(out.name, cursor_.TakeTable());
    PL_ASSIGN_OR_RETURN(
        out.table, values ? context_.session.OpenToChange(out.name) : context_.session.OpenTable(out.name));
    PL_ASSIGN_OR_RETURN(out.snapshot, out.table->Load());
    return out;
  }

  Result<std::unique_ptr<QueryResult>> Tables() {
    if (!context_.session.has_lake()) return nullptr;
    std::string zone;
    if (cursor_.TakeWords("IN") || cursor_.TakeWords("FROM")) {
      PL_ASSIGN_OR_RETURN(zone, cursor_.TakeName("a zone of the lake"));
      const auto& zones = catalog::Zones();
      if (std::find(zones.begin(), zones.end(), zone) == zones.end()) {
        return Error(ErrorCode::kNotFound,
                     fmt::format("the lake has no zone {}; it has {}", zone, fmt::join(zones, ", ")));
      }
    }
    PL_RETURN_NOT_OK(cursor_.ExpectEnd());
    PL_ASSIGN_OR_RETURN(const catalog::Lake lake, context_.session.OpenLake());
    PL_ASSIGN_OR_RETURN(const auto names, lake.TableNames());
    std::vector<TextRow> rows;
    for (const catalog::TableName& name : names) {
      if (zone.empty() || name.zone == zone) rows.push_back({name.zone, name.name, "false"});
    }
    if (zone.empty()) {
      PL_ASSIGN_OR_RETURN(
          const auto result,
          context_.sql_session.Query("SELECT table_name FROM duckdb_tables() WHERE NOT internal AND "
                                     "table_name NOT LIKE '\\_\\_pixlake%' ESCAPE '\\' ORDER BY 1"));
      PL_ASSIGN_OR_RETURN(const auto own, result->ToTable());
      for (const auto& chunk : own->column(0)->chunks()) {
        for (int64_t i = 0; i < chunk->length(); ++i)
          rows.push_back({"", static_cast<const arrow::StringArray&>(*chunk).GetString(i), "true"});
      }
    }
    return TextRows({"namespace", "tableName", "isTemporary"}, rows);
  }

  Result<std::unique_ptr<QueryResult>> Columns() {
    if (!cursor_.TakeWords("IN")) PL_RETURN_NOT_OK(cursor_.Expect("FROM"));
    PL_ASSIGN_OR_RETURN(const Opened opened, Take());
    PL_RETURN_NOT_OK(cursor_.ExpectEnd());
    std::vector<TextRow> rows;
    for (const std::string& name : opened.snapshot->row_schema()->field_names()) rows.push_back({name});
    return TextRows({"col_name"}, rows);
  }

  Result<std::unique_ptr<QueryResult>> CreateTable() {
    PL_ASSIGN_OR_RETURN(const Opened opened, Take());
    PL_RETURN_NOT_OK(cursor_.ExpectEnd());
    const table::TableDefinition& definition = opened.snapshot->definition();
    const bool named = context_.session.has_lake() && catalog::ParseTableName(opened.name);
    const std::string format(opened.table->format());
    std::vector<std::string> columns;
    for (const auto& field : definition.schema->fields()) columns.push_back(ColumnText(*field));
    std::string place = "`";
    for (const char c : opened.table->location().path) place.append(c == '`' ? 2 : 1, c);
    std::string out =
        fmt::format("CREATE TABLE {} (\n{})\nUSING {}", named ? opened.name : format + "." + place + "`",
                    fmt::join(columns, ",\n"), format);
    if (!definition.partition_columns.empty())
      out += "\nPARTITIONED BY " + NamesInBrackets(definition.partition_columns);
    if (!definition.clustering_columns.empty())
      out += "\nCLUSTER BY " + NamesInBrackets(definition.clustering_columns);
    if (!definition.description.empty()) out += "\nCOMMENT " + SqlLiteral(definition.description);
    std::vector<std::string> properties;
    for (const auto& [key, value] : definition.properties)
      properties.push_back("  " + SqlLiteral(key) + " = " + SqlLiteral(value));
    if (!properties.empty()) out += fmt::format("\nTBLPROPERTIES (\n{})", fmt::join(properties, ",\n"));
    return TextRows({"createtab_stmt"}, {{out}});
  }

  Result<std::unique_ptr<QueryResult>> Properties() {
    PL_ASSIGN_OR_RETURN(const Opened opened, Take());
    std::string key;
    if (cursor_.TakeSymbol('(')) {
      PL_ASSIGN_OR_RETURN(key, cursor_.TakeText("a property in quotes"));
      PL_RETURN_NOT_OK(cursor_.ExpectSymbol(')'));
    }
    PL_RETURN_NOT_OK(cursor_.ExpectEnd());
    std::vector<TextRow> rows;
    for (const auto& [name, value] : opened.snapshot->definition().properties) {
      if (key.empty() || key == name) rows.push_back({name, value});
    }
    if (rows.empty() && !key.empty())
      rows.push_back({key, fmt::format("Table {} does not have property: {}", opened.name, key)});
    return TextRows({"key", "value"}, rows);
  }

  Result<std::unique_ptr<QueryResult>> Partitions() {
    PL_ASSIGN_OR_RETURN(const Opened opened, Take(/*values=*/true));
    PL_RETURN_NOT_OK(cursor_.ExpectEnd());
    const auto& columns = opened.snapshot->definition().partition_columns;
    if (columns.empty()) return Error(ErrorCode::kUsage, opened.name + " is not partitioned");
    PL_ASSIGN_OR_RETURN(const auto files, opened.snapshot->Files());
    std::set<TextRow> rows;
    for (const table::DataFile& file : files) {
      TextRow row;
      for (const std::string& column : columns) row.push_back(file.partition_values.at(column));
      rows.insert(std::move(row));
    }
    return TextRows(columns, {rows.begin(), rows.end()});
  }

  const StatementContext& context_;
  SqlCursor cursor_;
};

}  // namespace

Result<std::unique_ptr<QueryResult>> RunShow(const StatementContext& context, const SqlStatement& statement) {
  return Show(context, statement).Run();
}

}  // namespace pixlake::query
