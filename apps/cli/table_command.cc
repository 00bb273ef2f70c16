#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/memory/byte_size.h"
#include "engine/table_listing.h"
#include "engine/tables.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct TableOptions {
  CommonOptions common;
  std::string uri;
  int64_t limit = 0;
  table::VersionSpec version;
};

Status RunList(TableOptions options) {
  if (options.uri.empty()) options.uri = options.common.lake.empty() ? "." : options.common.lake;
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  PL_ASSIGN_OR_RETURN(const auto found, engine::ListTables(*session, options.uri));
  Json rows = Json::array();
  for (const engine::ListedTable& table : found) {
    if (!options.common.json) {
      fmt::print("{:<8} {:>8} {:>12} {:>12}  {}{}\n", table.format, table.version,
                 table.num_rows ? std::to_string(*table.num_rows) : "?", FormatByteSize(table.size_bytes),
                 table.path, table.problem.empty() ? "" : "  (" + table.problem + ")");
    }
    rows.push_back({{"path", table.path},
                    {"format", table.format},
                    {"version", table.version},
                    {"size_bytes", table.size_bytes},
                    {"rows", table.num_rows ? Json(*table.num_rows) : Json()},
                    {"problem", table.problem.empty() ? Json() : Json(table.problem)}});
  }
  if (options.common.json) PrintJson({{"status", "ok"}, {"tables", rows}});
  if (!options.common.json && found.empty()) fmt::print(stderr, "no table under {}\n", options.uri);
  return Status::OK();
}

Status RunDescribe(TableOptions* options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const auto table, session->OpenTable(options->uri));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load(options->version));
  PL_ASSIGN_OR_RETURN(const table::SnapshotTotals totals, snapshot->Totals());
  const table::TableDefinition& definition = snapshot->definition();
  const auto columns = engine::DescribeColumns(*definition.schema, definition.partition_columns);
  if (options->common.json) {
    Json json = {{"status", "ok"},
                 {"path", table->location().path},
                 {"format", table->format()},
                 {"id", snapshot->table_id()},
                 {"name", definition.name},
                 {"description", definition.description},
                 {"version", snapshot->version()},
                 {"timestamp", FormatTimestamp(snapshot->timestamp_ms())},
                 {"files", totals.num_files},
                 {"size_bytes", totals.size_bytes},
                 {"rows", totals.num_rows ? Json(*totals.num_rows) : Json()},
                 {"partition_columns", definition.partition_columns},
                 {"properties", ObjectOf(definition.properties)}};
    json["columns"] = Json::array();
    for (const auto& column : columns) {
      json["columns"].push_back(
          {{"name", column.name}, {"type", column.type}, {"nullable", column.nullable}});
    }
    json["facts"] = Json::object();
    for (const auto& [key, value] : snapshot->Facts()) json["facts"][key] = value;
    PrintJson(json);
    return Status::OK();
  }
  fmt::print("{}\n{}\n", table->location().path, engine::FormatSchemaTable(columns));
  const auto line = [](std::string_view key, std::string_view value) {
    if (!value.empty()) fmt::print("{:<22} {}\n", key, value);
  };
  line("format", table->format());
  line("name", definition.name);
  line("description", definition.description);
  line("id", snapshot->table_id());
  line("version", fmt::format("{} of {}", snapshot->version(), FormatTimestamp(snapshot->timestamp_ms())));
  line("files", std::to_string(totals.num_files));
  line("size", FormatByteSize(totals.size_bytes));
  line("rows", totals.num_rows ? std::to_string(*totals.num_rows) : "not recorded");
  line("partitioned by", fmt::format("{}", fmt::join(definition.partition_columns, ", ")));
  for (const auto& [key, value] : definition.properties) line(key, value);
  for (const auto& [key, value] : snapshot->Facts()) line(key, value);
  return Status::OK();
}

Status RunHistory(const TableOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  PL_ASSIGN_OR_RETURN(const auto table, session->OpenTable(options.uri));
  PL_ASSIGN_OR_RETURN(const auto entries, table->History(options.limit));
  Json rows = Json::array();
  for (const table::HistoryEntry& entry : entries) {
    const std::string time = FormatTimestamp(entry.timestamp_ms);
    if (!options.common.json) {
      std::string metrics;
      for (const auto& [key, value] : entry.metrics)
        metrics += fmt::format("{}{}={}", metrics.empty() ? "" : " ", key, value);
      fmt::print("{:>8}  {}  {:<16} {}  {}\n", entry.version, time, entry.operation, entry.engine, metrics);
    }
    rows.push_back({{"version", entry.version},
                    {"timestamp", time},
                    {"operation", entry.operation},
                    {"parameters", ObjectOf(entry.parameters)},
                    {"metrics", ObjectOf(entry.metrics)},
                    {"engine", entry.engine},
                    {"user_metadata", entry.user_metadata.empty() ? Json() : Json(entry.user_metadata)}});
  }
  if (options.common.json) PrintJson({{"status", "ok"}, {"history", rows}});
  return Status::OK();
}

CLI::App* AddAction(CLI::App* group, const char* name, const char* help, TableOptions* options,
                    Status (*run)(TableOptions*)) {
  CLI::App* command = group->add_subcommand(name, help);
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options, run] { return run(options); });
  return command;
}

}  // namespace

void AddTableCommand(CLI::App* program) {
  CLI::App* group = program->add_subcommand("table", "Make, look at, change and look after tables");
  group->require_subcommand(1);
  // The program lives as long as its options.
  static TableOptions list, describe, history;
  auto* command =
      AddAction(group, "list", "Tables under a folder", &list, [](TableOptions* o) { return RunList(*o); });
  command->add_option("FOLDER", list.uri,
                      "Where to look, subfolders included (default: the lake, else here)");
  command = AddAction(group, "describe", "Schema, size, version, properties", &describe, RunDescribe);
  command->add_option("TABLE", describe.uri, "Path or URI of the table, or its name in the lake")->required();
  AddVersionOptions(command, &describe.version, "As it was");
  command = AddAction(group, "history", "What was done to it, newest first", &history,
                      [](TableOptions* o) { return RunHistory(*o); });
  command->add_option("TABLE", history.uri, "Path or URI of the table, or its name in the lake")->required();
  command->add_option("--limit", history.limit, "At most this many entries")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  AddCareCommands(group);
  AddChangesCommand(group);
  AddChangeCommands(group);
  AddSchemaCommands(group);
  AddUpkeepCommands(group);
}

}  // namespace pixlake::cli
