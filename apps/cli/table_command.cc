#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include "base/clock.h"
#include "base/memory/byte_size.h"
#include "engine/table_listing.h"
#include "engine/tables.h"

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/text/history_words.h"
#include "cli/text/text_table.h"

namespace pixlake::cli {
namespace {

struct TableOptions {
  CommonOptions common;
  std::string uri;
  int64_t limit = 0;
  table::VersionSpec version;
};

// "raw.images" for a table of the lake at `lake`, else its path.
std::string NameIn(const std::string& lake, const std::string& path) {
  std::error_code ignored;
  const auto root = std::filesystem::weakly_canonical(lake, ignored).string();
  if (lake.empty() || path.rfind(root + "/", 0) != 0) return path;
  std::string name = path.substr(root.size() + 1);
  if (std::count(name.begin(), name.end(), '/') != 1) return path;
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

std::string Indented(const std::string& text) {
  std::string out;
  bool fresh = true;
  for (const char c : text) {
    if (fresh) out += "  ";
    out += c;
    fresh = c == '\n';
  }
  return out;
}

// What Delta keeps beside a column.
std::string CommentOf(const arrow::Field& field) {
  if (field.metadata() == nullptr) return "";
  return field.metadata()->Get("comment").ValueOr("");
}

Status RunList(TableOptions options) {
  if (options.uri.empty()) options.uri = options.common.lake.empty() ? "." : options.common.lake;
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  PL_ASSIGN_OR_RETURN(const auto found, engine::ListTables(*session, options.uri));
  Json rows = Json::array();
  std::vector<std::vector<std::string>> lines;
  for (const engine::ListedTable& table : found) {
    lines.push_back({NameIn(session->has_lake() ? options.uri : "", table.path), table.format,
                     std::to_string(table.version), table.num_rows ? std::to_string(*table.num_rows) : "?",
                     FormatByteSize(table.size_bytes), table.problem});
    rows.push_back({{"path", table.path},
                    {"format", table.format},
                    {"version", table.version},
                    {"size_bytes", table.size_bytes},
                    {"rows", table.num_rows ? Json(*table.num_rows) : Json()},
                    {"problem", table.problem.empty() ? Json() : Json(table.problem)}});
  }
  if (options.common.json) {
    PrintJson({{"status", "ok"}, {"tables", rows}});
  } else if (!found.empty()) {
    fmt::print("{}",
               TextTable({{"TABLE"}, {"FORMAT"}, {"VERSION", true}, {"ROWS", true}, {"SIZE", true}, {""}},
                         lines, TerminalColumns()));
  }
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
      const std::string comment = CommentOf(*definition.schema->GetFieldByName(column.name));
      if (!comment.empty()) json["columns"].back()["comment"] = comment;
    }
    json["facts"] = Json::object();
    for (const auto& [key, value] : snapshot->Facts()) json["facts"][key] = value;
    PrintJson(json);
    return Status::OK();
  }
  std::vector<std::vector<std::string>> lines;
  for (const auto& column : columns) {
    std::string notes = CommentOf(*definition.schema->GetFieldByName(column.name));
    if (column.partition) notes = "partition" + (notes.empty() ? "" : ": " + notes);
    if (!column.nullable) notes = "never null" + (notes.empty() ? "" : ", " + notes);
    std::string type = column.type;
    // Room to break a long struct at.
    for (size_t at = 0; (at = type.find(',', at)) != std::string::npos; at += 2) type.insert(at + 1, " ");
    lines.push_back({column.name, notes.empty() ? type : type + "  (" + notes + ")"});
  }
  fmt::print(
      "{}\n\nColumns\n{}\nTable\n", table->location().path,
      Indented(TextTable({{"NAME"}, {"TYPE"}}, lines, TerminalColumns() == 0 ? 0 : TerminalColumns() - 2)));
  std::set<std::string> said;
  const auto line = [&said](std::string_view key, std::string_view value) {
    if (!value.empty() && said.insert(std::string(key)).second) fmt::print("  {:<22} {}\n", key, value);
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
  for (const auto& [key, value] : snapshot->Facts()) line(key, value);
  if (!definition.properties.empty()) fmt::print("\nProperties\n");
  for (const auto& [key, value] : definition.properties) line(key, value);
  return Status::OK();
}

Status RunHistory(const TableOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  PL_ASSIGN_OR_RETURN(const auto table, session->OpenTable(options.uri));
  PL_ASSIGN_OR_RETURN(const auto entries, table->History(options.limit));
  Json rows = Json::array();
  std::vector<std::vector<std::string>> lines;
  for (const table::HistoryEntry& entry : entries) {
    const std::string time = FormatTimestamp(entry.timestamp_ms);
    std::string words = HistoryWords(entry);
    if (!entry.engine.empty() && entry.engine.rfind("pixlake", 0) != 0) words += ", by " + entry.engine;
    lines.push_back({std::to_string(entry.version), time.substr(0, 10) + " " + time.substr(11, 8),
                     entry.operation, std::move(words)});
    rows.push_back({{"version", entry.version},
                    {"timestamp", time},
                    {"operation", entry.operation},
                    {"parameters", ObjectOf(entry.parameters)},
                    {"words", HistoryWords(entry)},
                    {"metrics", ObjectOf(entry.metrics)},
                    {"engine", entry.engine},
                    {"user_metadata", entry.user_metadata.empty() ? Json() : Json(entry.user_metadata)}});
  }
  if (options.common.json) {
    PrintJson({{"status", "ok"}, {"history", rows}});
  } else {
    fmt::print("{}", TextTable({{"VERSION", true}, {"WHEN (UTC)"}, {"OPERATION"}, {"WHAT"}}, lines,
                               TerminalColumns()));
  }
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
