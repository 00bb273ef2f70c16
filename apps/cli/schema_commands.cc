// table create, alter: the statements of SQL as commands.
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"
#include "engine/tables.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct SchemaOptions {
  CommonOptions common;
  std::string uri;
  std::string columns;
  std::vector<std::string> partitions;
  std::vector<std::string> properties;
  std::string comment;
  std::string query;
  std::string change;
};

Status Run(const SchemaOptions& options, const std::string& sql) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  PL_ASSIGN_OR_RETURN(const engine::SchemaChangeReport report, engine::ChangeSchema(*session, sql));
  if (options.common.json) {
    PrintJson({{"status", "ok"}, {"path", report.path}, {"version", report.version}});
  } else {
    Note("{}: version {}\n", report.path, report.version);
  }
  return Status::OK();
}

// key=value as 'key' = 'value'.
Result<std::string> PropertyText(const std::string& property) {
  const size_t equals = property.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Error(ErrorCode::kUsage, fmt::format("--property {}: expected KEY=VALUE", property));
  }
  return SqlLiteral(property.substr(0, equals)) + " = " + SqlLiteral(property.substr(equals + 1));
}

Status RunCreate(const SchemaOptions& options) {
  if (options.columns.empty() == options.query.empty()) {
    return Error(ErrorCode::kUsage, "say the columns with --columns, or the rows with --query");
  }
  // 'raw.words' is a name of the lake, as it is everywhere.
  std::string sql = "CREATE TABLE " + SqlLiteral(options.uri);
  if (!options.columns.empty()) sql += " (" + options.columns + ")";
  if (!options.partitions.empty())
    sql += fmt::format(" PARTITIONED BY ({})", fmt::join(options.partitions, ", "));
  if (!options.comment.empty()) sql += " COMMENT " + SqlLiteral(options.comment);
  std::vector<std::string> properties;
  for (const std::string& property : options.properties) {
    PL_ASSIGN_OR_RETURN(std::string text, PropertyText(property));
    properties.push_back(std::move(text));
  }
  if (!properties.empty()) sql += fmt::format(" TBLPROPERTIES ({})", fmt::join(properties, ", "));
  if (!options.query.empty()) sql += " AS " + options.query;
  return Run(options, sql);
}

Status RunAlter(const SchemaOptions& options) {
  return Run(options, "ALTER TABLE " + SqlLiteral(options.uri) + " " + options.change);
}

CLI::App* Add(CLI::App* group, const char* name, const char* help,
              const std::shared_ptr<SchemaOptions>& options, Status (*run)(const SchemaOptions&)) {
  return AddTableAction(group, name, help, &options->uri, &options->common,
                        [options, run] { return run(*options); });
}

}  // namespace

void AddSchemaCommands(CLI::App* group) {
  auto options = std::make_shared<SchemaOptions>();
  CLI::App* command = Add(group, "create", "Make a Delta table", options, RunCreate);
  command
      ->add_option("--columns", options->columns,
                   "Names and types as in Spark's SQL: \"id BIGINT NOT NULL, label STRING, day DATE\n"
                   "GENERATED ALWAYS AS (CAST(at AS DATE))\"")
      ->type_name("SQL");
  command->add_option("--query", options->query, "The columns and rows of a query: \"SELECT …\"")
      ->type_name("SQL");
  command->add_option("--partitioned-by", options->partitions, "Partition column; repeatable")
      ->type_name("COLUMN")
      ->expected(1)
      ->take_all();
  command
      ->add_option("--property", options->properties, "Property, such as delta.appendOnly=true; repeatable")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  command->add_option("--comment", options->comment, "What the table is for")->type_name("TEXT");

  options = std::make_shared<SchemaOptions>();
  command = Add(group, "alter", "Change columns, constraints or properties", options, RunAlter);
  command
      ->add_option(
          "CHANGE", options->change,
          "What stands behind ALTER TABLE: \"ADD COLUMN note STRING AFTER id\", \"RENAME COLUMN a TO b\",\n"
          "\"ADD CONSTRAINT small CHECK (size < 100)\", \"SET TBLPROPERTIES ('a.b' = 'c')\"")
      ->type_name("SQL")
      ->required()
      ->check(NotEmpty());
}

}  // namespace pixlake::cli
