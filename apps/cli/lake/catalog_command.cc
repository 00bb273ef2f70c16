// pixlake catalog list|show|search|set|schemas|refresh
#include <algorithm>
#include <memory>

#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/memory/byte_size.h"
#include "engine/catalog/catalog.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct CatalogOptions {
  CommonOptions common;
  std::string table;
  std::vector<std::string> words;
  std::string zone, owner, tag;
  int64_t limit = 20;
  engine::Declaration declaration;
  std::string description, set_owner, compatibility;
  bool has_description = false, has_owner = false;
};

using CatalogOptionsPtr = std::shared_ptr<CatalogOptions>;

// Somebody's words on a terminal: control characters are shown as spaces.
std::string Shown(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

Json ToJson(const engine::TableEntry& entry, bool with_columns) {
  Json out = {{"table", entry.name}, {"zone", entry.zone}};
  if (!entry.problem.empty()) {
    out["problem"] = entry.problem;
    return out;
  }
  out["owner"] = entry.owner;
  out["description"] = entry.description;
  out["tags"] = entry.tags;
  out["compatibility"] = entry.compatibility;
  out["format"] = entry.format;
  out["path"] = entry.place;
  out["version"] = entry.version;
  out["updated_at"] = FormatTimestamp(entry.updated_ms);
  out["rows"] = entry.rows ? Json(*entry.rows) : Json();
  out["files"] = entry.files;
  out["bytes"] = entry.bytes;
  out["partition_columns"] = entry.partition_columns;
  if (!with_columns) return out;
  Json columns = Json::array();
  for (const auto& column : entry.columns) {
    columns.push_back({{"name", column.name},
                       {"type", column.type},
                       {"nullable", column.nullable},
                       {"description", column.description},
                       {"tags", column.tags}});
  }
  out["columns"] = std::move(columns);
  return out;
}

Status RunList(const CatalogOptionsPtr& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(auto entries, engine::TakeInventory(*session));
  std::erase_if(entries, [&](const engine::TableEntry& entry) {
    const bool has_tag = std::find(entry.tags.begin(), entry.tags.end(), options->tag) != entry.tags.end();
    return (!options->zone.empty() && entry.zone != options->zone) ||
           (!options->owner.empty() && entry.owner != options->owner) || (!options->tag.empty() && !has_tag);
  });
  if (options->common.json) {
    Json tables = Json::array();
    for (const engine::TableEntry& entry : entries) tables.push_back(ToJson(entry, false));
    PrintJson({{"status", "ok"}, {"tables", std::move(tables)}});
    return Status::OK();
  }
  for (const engine::TableEntry& entry : entries) {
    const std::string rows = entry.rows ? fmt::format("{}", *entry.rows) : "?";
    fmt::print("{:<26} {:>10} {}{}\n", entry.name, entry.problem.empty() ? rows : "",
               Shown(entry.problem.empty() ? entry.description : entry.problem),
               entry.tags.empty() ? "" : fmt::format("  [{}]", fmt::join(entry.tags, ", ")));
  }
  return Status::OK();
}

Status RunShow(const CatalogOptionsPtr& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const engine::TableEntry entry, engine::FindEntry(*session, options->table));
  if (options->common.json) {
    Json out = {{"status", "ok"}};
    out.update(ToJson(entry, true));
    PrintJson(out);
    return Status::OK();
  }
  fmt::print("{}\n", entry.name);
  if (!entry.problem.empty()) {
    fmt::print("  {}\n", entry.problem);
    return Status::OK();
  }
  if (!entry.description.empty()) fmt::print("  {}\n", Shown(entry.description));
  fmt::print("  owner          {}\n", entry.owner.empty() ? "nobody" : Shown(entry.owner));
  fmt::print("  tags           {}\n", fmt::join(entry.tags, ", "));
  fmt::print("  compatibility  {}\n", entry.compatibility);
  fmt::print("  where          {} ({}, version {})\n", entry.place, entry.format, entry.version);
  fmt::print("  holds          {} rows in {} files, {}\n", entry.rows ? fmt::format("{}", *entry.rows) : "?",
             entry.files, FormatByteSize(entry.bytes));
  fmt::print("  last changed   {}\n\n", FormatTimestamp(entry.updated_ms));
  size_t width = 0;
  for (const auto& column : entry.columns) width = std::max(width, column.name.size());
  for (const auto& column : entry.columns) {
    fmt::print("  {:<{}}  {:<12}  {}{}\n", Shown(column.name), width, column.type, Shown(column.description),
               column.tags.empty() ? "" : fmt::format("  [{}]", fmt::join(column.tags, ", ")));
  }
  return Status::OK();
}

Status RunSearch(const CatalogOptionsPtr& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(
      const auto hits,
      engine::Search(*session, fmt::format("{}", fmt::join(options->words, " ")), options->limit));
  if (options->common.json) {
    Json found = Json::array();
    for (const engine::SearchHit& hit : hits)
      found.push_back({{"table", hit.table}, {"column", hit.column}, {"description", hit.text}});
    PrintJson({{"status", "ok"}, {"found", std::move(found)}});
    return Status::OK();
  }
  for (const engine::SearchHit& hit : hits)
    fmt::print("{:<40} {}\n", Shown(hit.column.empty() ? hit.table : hit.table + "." + hit.column),
               Shown(hit.text));
  if (hits.empty()) Note("nothing found\n");
  return Status::OK();
}

Status RunSet(const CatalogOptionsPtr& options) {
  engine::Declaration& declaration = options->declaration;
  declaration.table = options->table;
  if (options->has_description) declaration.description = options->description;
  if (options->has_owner) declaration.owner = options->set_owner;
  if (!options->compatibility.empty()) declaration.compatibility = options->compatibility;
  if (!declaration.description && !declaration.owner && !declaration.compatibility &&
      declaration.add_tags.empty() && declaration.remove_tags.empty()) {
    return Error(ErrorCode::kUsage,
                 "nothing to set; give --owner, --description, --tag, --remove-tag or --compatibility");
  }
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const int64_t version, engine::Declare(*session, declaration));
  if (options->common.json) {
    PrintJson({{"status", "ok"}, {"table", declaration.table}, {"version", version}});
  } else {
    Note("{} is at version {}\n", declaration.table, version);
  }
  return Status::OK();
}

Status RunSchemas(const CatalogOptionsPtr& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const auto versions, engine::SchemaHistory(*session, options->table));
  Json out = Json::array();
  for (const engine::SchemaVersion& version : versions) {
    if (options->common.json) {
      out.push_back({{"schema_version", version.number},
                     {"table_version", version.table_version},
                     {"at", FormatTimestamp(version.at_ms)},
                     {"operation", version.operation},
                     {"rule", version.rule},
                     {"breaks", version.breaks},
                     {"columns", version.columns}});
      continue;
    }
    fmt::print("{}  version {}, {}, {}: {}\n", version.number, version.table_version,
               FormatTimestamp(version.at_ms), version.operation, version.rule);
    for (const std::string& what : version.breaks) fmt::print("   {}\n", what);
  }
  if (options->common.json) PrintJson({{"status", "ok"}, {"schemas", std::move(out)}});
  return Status::OK();
}

Status RunRefresh(const CatalogOptionsPtr& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const int64_t written, engine::RefreshCatalog(*session));
  if (options->common.json) {
    PrintJson({{"status", "ok"}, {"written", written}});
  } else {
    Note("{}\n",
         written == 0
             ? "nothing has changed"
             : fmt::format("{} of catalog.tables, catalog.columns and catalog.schemas written", written));
  }
  return Status::OK();
}

CLI::App* AddAction(CLI::App* group, const CatalogOptionsPtr& options, const char* name, const char* help,
                    Status (*run)(const CatalogOptionsPtr&)) {
  CLI::App* command = group->add_subcommand(name, help);
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options, run] { return run(options); });
  return command;
}

void AddTable(CLI::App* command, const CatalogOptionsPtr& options) {
  command->add_option("TABLE", options->table, "The table's name, as zone.name")
      ->required()
      ->check(NotEmpty());
}

void AddSet(CLI::App* group) {
  const auto options = std::make_shared<CatalogOptions>();
  CLI::App* command =
      AddAction(group, options, "set",
                "Say whose a table is, what it or one of its columns means, and how its columns may\n"
                "change. It is kept in the table: every engine sees it.",
                RunSet);
  AddTable(command, options);
  command->add_option("--column", options->declaration.column, "Of this column, not of the table")
      ->type_name("NAME")
      ->check(NotEmpty());
  command
      ->add_option_function<std::string>(
          "--owner",
          [options](const std::string& text) {
            options->set_owner = text;
            options->has_owner = true;
          },
          "Whose it is; '' for nobody's")
      ->type_name("WHO");
  command
      ->add_option_function<std::string>(
          "--description",
          [options](const std::string& text) {
            options->description = text;
            options->has_description = true;
          },
          "What it means")
      ->type_name("TEXT");
  command->add_option("--tag", options->declaration.add_tags, "A tag more (repeatable)")
      ->type_name("TAG")
      ->expected(1)
      ->take_all();
  command->add_option("--remove-tag", options->declaration.remove_tags, "A tag less (repeatable)")
      ->type_name("TAG")
      ->expected(1)
      ->take_all();
  command
      ->add_option(
          "--compatibility", options->compatibility,
          "Which changes of columns are taken: those with which readers of the new columns read old rows\n"
          "(backward), readers of the old ones new rows (forward), both (full), or all (none)")
      ->check(CLI::IsMember({"backward", "forward", "full", "none"}));
}

}  // namespace

void AddCatalogCommand(CLI::App* program) {
  CLI::App* group = program->add_subcommand(
      "catalog",
      "Find tables and columns, and say what they are: owners, descriptions, tags, how columns changed.");
  group->require_subcommand(1);
  auto options = std::make_shared<CatalogOptions>();
  CLI::App* list = AddAction(group, options, "list", "The lake's tables, with what they are", RunList);
  list->add_option("--zone", options->zone, "Of this zone alone")->type_name("ZONE");
  list->add_option("--owner", options->owner, "Of this owner alone")->type_name("WHO");
  list->add_option("--tag", options->tag, "With this tag alone")->type_name("TAG");
  options = std::make_shared<CatalogOptions>();
  AddTable(AddAction(group, options, "show", "One table: owner, tags, columns and their meanings", RunShow),
           options);
  options = std::make_shared<CatalogOptions>();
  CLI::App* search = AddAction(group, options, "search",
                               "Tables and columns in whose names or descriptions words occur", RunSearch);
  search->add_option("WORD", options->words, "Words, or their beginnings")->required()->check(NotEmpty());
  search->add_option("--limit", options->limit, "At most so many; 0: all")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  AddSet(group);
  options = std::make_shared<CatalogOptions>();
  AddTable(
      AddAction(group, options, "schemas", "How a table's columns changed, and by which rule", RunSchemas),
      options);
  options = std::make_shared<CatalogOptions>();
  AddAction(group, options, "refresh", "Write it all to catalog.tables, catalog.columns and catalog.schemas",
            RunRefresh);
}

}  // namespace pixlake::cli
