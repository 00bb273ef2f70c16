#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/sql_text.h"
#include "engine/sql.h"
#include "engine/tables.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct ChangesOptions {
  CommonOptions common;
  std::string uri;
  std::string from;
  std::string to;
  std::string format = "table";
  std::string output;
  int64_t max_rows = 40;
};

// A version as it is, a time as SQL text.
std::string RangeEnd(const std::string& text) {
  const bool version =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return version ? text : SqlLiteral(text);
}

Status Run(const ChangesOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  engine::SqlRequest request;
  PL_ASSIGN_OR_RETURN(request.write.format, query::ParseResultFormat(options.format));
  request.write.max_rows = options.max_rows;
  request.output = options.output;
  request.sql = fmt::format("FROM table_changes({}, {}{}) ORDER BY _commit_version", SqlLiteral(options.uri),
                            RangeEnd(options.from), options.to.empty() ? "" : ", " + RangeEnd(options.to));
  if (options.common.json && options.output.empty()) return engine::RunSqlAsJson(*session, request).status();
  PL_ASSIGN_OR_RETURN(const engine::SqlReport report, engine::RunSql(*session, request));
  if (options.common.json) {
    PrintJson({{"status", "ok"},
               {"row_count", report.rows},
               {"output", options.output},
               {"format", options.format}});
  } else if (!options.output.empty()) {
    fmt::print(stderr, "{} changes to {}\n", report.rows, options.output);
  }
  return Status::OK();
}

}  // namespace

void AddChangesCommand(CLI::App* group) {
  const auto options = std::make_shared<ChangesOptions>();
  CLI::App* command =
      group->add_subcommand("changes",
                            "Rows that were inserted, deleted and updated (change data feed), as SQL's "
                            "table_changes() gives them.\n"
                            "The table needs the property delta.enableChangeDataFeed = true from --from on.");
  command->add_option("TABLE", options->uri, "Path or URI of the table, or its name in the lake")->required();
  command->add_option("--from", options->from, "First version, or first time (UTC unless it says otherwise)")
      ->type_name("N|TIME")
      ->required()
      ->check(NotEmpty());
  command->add_option("--to", options->to, "Last version or time (default: the latest)")
      ->type_name("N|TIME")
      ->check(NotEmpty());
  command->add_option("--format", options->format, "table, csv, json, parquet or arrow")
      ->check(CLI::IsMember({"table", "csv", "json", "parquet", "arrow"}))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "Write to this file (whole or not at all)")
      ->type_name("FILE");
  command->add_option("--max-rows", options->max_rows, "Rows of a table that are shown; 0: all")
      ->type_name("N")
      ->capture_default_str();
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(*options); });
}

}  // namespace pixlake::cli
