// table delete, update, merge, insert, truncate: the statements of SQL as commands.
#include <memory>

#include <fmt/format.h>

#include "base/sql_text.h"
#include "engine/tables.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct ChangeOptions {
  CommonOptions common;
  std::string uri;
  std::string where;
  bool all = false;
  std::vector<std::string> set;
  std::string source;
  std::string on;
  std::vector<std::string> when;
  bool schema_evolution = false;
  std::string query;
  bool by_name = false;
  bool overwrite = false;
};

Status Report(const ChangeOptions& options, const query::ChangeReport& report) {
  if (options.common.json) {
    PrintJson({{"status", "ok"},
               {"version", report.version},
               {"committed", report.committed},
               {"rows_inserted", report.rows_inserted},
               {"rows_updated", report.rows_updated},
               {"rows_deleted", report.rows_deleted},
               {"rows_copied", report.rows_copied},
               {"files_added", report.files_added},
               {"files_removed", report.files_removed},
               {"files_marked", report.files_marked},
               {"change_files", report.change_files}});
    return Status::OK();
  }
  Note("version {}{}: {} rows inserted, {} updated, {} deleted\n", report.version,
       report.committed ? "" : " (nothing to change)", report.rows_inserted, report.rows_updated,
       report.rows_deleted);
  return Status::OK();
}

Status Run(const ChangeOptions& options, const std::string& sql) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  PL_ASSIGN_OR_RETURN(const query::ChangeReport report, engine::ChangeTable(*session, sql));
  return Report(options, report);
}

std::string Target(const ChangeOptions& options) {
  return SqlLiteral(options.uri) + " AS target";
}

std::string Where(const ChangeOptions& options) {
  return options.where.empty() ? "" : " WHERE " + options.where;
}

Status RunDelete(const ChangeOptions& options) {
  if (options.where.empty() != options.all) {
    return Error(ErrorCode::kUsage, "say which rows with --where, or --all");
  }
  return Run(options, "DELETE FROM " + Target(options) + Where(options));
}

Status RunUpdate(const ChangeOptions& options) {
  return Run(options, fmt::format("UPDATE {} SET {}{}", Target(options), fmt::join(options.set, ", "),
                                  Where(options)));
}

Status RunMerge(const ChangeOptions& options) {
  std::string sql = fmt::format("MERGE {}INTO {} USING {} AS source ON {}",
                                options.schema_evolution ? "WITH SCHEMA EVOLUTION " : "", Target(options),
                                options.source, options.on);
  for (const std::string& clause : options.when) sql += " WHEN " + clause;
  return Run(options, sql);
}

Status RunInsert(const ChangeOptions& options) {
  return Run(options,
             fmt::format("INSERT {} {}{}{} {}", options.overwrite ? "OVERWRITE" : "INTO",
                         SqlLiteral(options.uri), options.by_name ? " BY NAME" : "",
                         options.where.empty() ? "" : " REPLACE WHERE " + options.where, options.query));
}

Status RunTruncate(const ChangeOptions& options) {
  return Run(options, "TRUNCATE TABLE " + SqlLiteral(options.uri));
}

CLI::App* Add(CLI::App* group, const char* name, const char* help,
              const std::shared_ptr<ChangeOptions>& options, Status (*run)(const ChangeOptions&)) {
  return AddTableAction(group, name, help, &options->uri, &options->common,
                        [options, run] { return run(*options); });
}

void AddWhere(CLI::App* command, ChangeOptions* options, const char* help) {
  command->add_option("--where", options->where, help)->type_name("SQL")->check(NotEmpty());
}

}  // namespace

void AddChangeCommands(CLI::App* group) {
  auto options = std::make_shared<ChangeOptions>();
  CLI::App* command = Add(group, "delete", "Delete rows", options, RunDelete);
  AddWhere(command, options.get(), "The rows, e.g. \"label = '7'\"");
  command->add_flag("--all", options->all, "All rows");

  options = std::make_shared<ChangeOptions>();
  command = Add(group, "update", "Change columns of rows", options, RunUpdate);
  command
      ->add_option("--set", options->set,
                   "What becomes of a column, e.g. \"label = upper(label)\"; repeatable")
      ->type_name("SQL")
      ->required()
      ->expected(1)
      ->take_all();
  AddWhere(command, options.get(), "The rows (default: all)");

  options = std::make_shared<ChangeOptions>();
  command = Add(group, "merge",
                "Update, delete and insert by the rows of a query. The table is `target` in conditions, the\n"
                "query `source`.",
                options, RunMerge);
  command
      ->add_option("--using", options->source,
                   "A table, function or (query): \"'new.parquet'\", \"(SELECT …)\"")
      ->type_name("SQL")
      ->required();
  command->add_option("--on", options->on, "Which rows belong together: \"target.id = source.id\"")
      ->type_name("SQL")
      ->required();
  command
      ->add_option("--when", options->when,
                   "What to do, in order: \"MATCHED THEN UPDATE SET *\", \"NOT MATCHED THEN INSERT *\",\n"
                   "\"NOT MATCHED BY SOURCE AND target.age > 9 THEN DELETE\"; repeatable")
      ->type_name("SQL")
      ->required()
      ->expected(1)
      ->take_all();
  command->add_flag("--schema-evolution", options->schema_evolution,
                    "Columns that only the source has are added to the table");

  options = std::make_shared<ChangeOptions>();
  command = Add(group, "insert", "Add the rows of a query", options, RunInsert);
  command->add_option("--query", options->query, "\"SELECT …\" or \"VALUES …\"")
      ->type_name("SQL")
      ->required();
  command->add_flag("--by-name", options->by_name, "Columns go by their names, not by their order");
  auto* overwrite =
      command->add_flag("--overwrite", options->overwrite, "In place of all rows that are there");
  command->add_option("--replace-where", options->where, "In place of these rows; the new ones must fit too")
      ->type_name("SQL")
      ->check(NotEmpty())
      ->excludes(overwrite);

  options = std::make_shared<ChangeOptions>();
  Add(group, "truncate", "Delete all rows, by the log alone", options, RunTruncate);
}

}  // namespace pixlake::cli
