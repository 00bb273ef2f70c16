#include <iostream>
#include <iterator>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "engine/output/output_name.h"
#include "engine/sql.h"

#include "cli/command.h"
#include "cli/terminal.h"

namespace pixlake::cli {
namespace {

struct SqlOptions {
  CommonOptions common;
  engine::SqlRequest request;
  std::string format;  // empty: as the output is named
  int64_t max_rows = 40;
};

Status Run(SqlOptions* options) {
  engine::SqlRequest& request = options->request;
  if (engine::IsStandardOutput(request.output)) request.output.clear();
  if (options->format.empty()) {
    PL_ASSIGN_OR_RETURN(request.write.format, engine::FormatForName(request.output));
  } else {
    PL_ASSIGN_OR_RETURN(request.write.format, query::ParseResultFormat(options->format));
  }
  if (request.sql == "-") request.sql.assign(std::istreambuf_iterator<char>(std::cin), {});
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  const bool binary = request.write.format == query::ResultFormat::kParquet ||
                      request.write.format == query::ResultFormat::kArrow;
  if (binary && terminal && request.output.empty() && !options->common.json) {
    return Error(ErrorCode::kUsage,
                 "--format " + options->format + " is not for a terminal; add --output FILE");
  }
  request.write.max_rows = options->max_rows;
  request.write.max_width = TerminalColumns();
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  if (options->common.json && request.output.empty()) return engine::RunSqlAsJson(*session, request).status();
  PL_ASSIGN_OR_RETURN(const engine::SqlReport report, engine::RunSql(*session, request));
  if (options->common.json) {
    PrintJson({{"status", "ok"},
               {"row_count", report.rows},
               {"output", request.output},
               {"format", query::ResultFormatName(request.write.format)},
               {"files_total", report.scans.files_total},
               {"files_skipped", report.scans.files_skipped}});
  } else if (!request.output.empty()) {
    if (!IsQuiet()) fmt::print(stderr, "{} rows to {}\n", report.rows, request.output);
  }
  return Status::OK();
}

}  // namespace

void AddSqlCommand(CLI::App* program) {
  const auto options = std::make_shared<SqlOptions>();
  CLI::App* command = program->add_subcommand(
      "sql",
      "SQL over tables: table_scan('path'[, version := N]), or just FROM 'path/of/a/table'.\n"
      "DuckDB's dialect; its read_parquet, read_csv and read_json are there too.");
  command->add_option("SQL", options->request.sql, "Statements; '-' reads them from standard input")
      ->required();
  command
      ->add_option("--format", options->format,
                   "table, csv, json, parquet or arrow (blobs in csv and json are base64;\n"
                   "default: as --output is named, else table)")
      ->check(CLI::IsMember({"table", "csv", "json", "parquet", "arrow"}));
  command
      ->add_option("-o,--output", options->request.output,
                   "Write to this file (whole or not at all); '-' is standard output")
      ->type_name("FILE");
  command->add_option("--max-rows", options->max_rows, "Rows of a table that are shown; 0: all")
      ->type_name("N")
      ->capture_default_str();
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

}  // namespace pixlake::cli
