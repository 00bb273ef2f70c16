// pixlake table check|analyze|compact-log|clone
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "base/memory/byte_size.h"
#include "engine/tables.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct CareOptions {
  CommonOptions common;
  std::string table;
  bool repair = false;
  std::vector<std::string> columns;
  std::optional<int64_t> from;
  std::optional<int64_t> to;
  std::string target;
  table::VersionSpec version;
};

using CareOptionsPtr = std::shared_ptr<CareOptions>;

Status Damaged(const table::Table& table, size_t problems) {
  return Reported(Error(ErrorCode::kCorrupt,
                        fmt::format("the table at {} has {} problems", table.location().path, problems)));
}

Status OnlyCheck(CareOptions* options, table::Table* table) {
  PL_ASSIGN_OR_RETURN(const table::CheckReport report, table->Check());
  Json problems = Json::array();
  for (const table::CheckProblem& problem : report.problems) {
    if (!options->common.json) {
      fmt::print("{}: {}\n", problem.path, problem.what);
      if (!problem.repair.empty()) fmt::print("    with --repair: {}\n", problem.repair);
    }
    problems.push_back({{"path", problem.path},
                        {"what", problem.what},
                        {"repair", problem.repair.empty() ? Json() : Json(problem.repair)}});
  }
  const bool sound = report.problems.empty();
  if (options->common.json) {
    PrintJson({{"status", sound ? "ok" : "damaged"},
               {"version", report.version},
               {"files", report.files_checked},
               {"rows", report.rows},
               {"unreferenced_files", report.unreferenced_files},
               {"temporary_files", report.temporary_files},
               {"checksums", report.checksums_checked},
               {"problems", problems}});
  } else {
    if (report.temporary_files > 0)
      fmt::print("{} temporary files of more than a day ago: --repair deletes them\n",
                 report.temporary_files);
    fmt::print(
        "version {}: {} files with {} rows checked, {} problems, {} files in no version (left by interrupted "
        "writes)\n",
        report.version, report.files_checked, report.rows, report.problems.size(), report.unreferenced_files);
  }
  return sound ? Status::OK() : Damaged(*table, report.problems.size());
}

Status Repair(CareOptions* options, table::Table* table) {
  PL_ASSIGN_OR_RETURN(auto* const care, table->file_care());
  PL_ASSIGN_OR_RETURN(const table::RepairReport report, care->Repair());
  if (options->common.json) {
    PrintJson({{"status", !report.left.empty()    ? "damaged"
                          : report.files_lost > 0 ? "lost"
                                                  : "ok"},
               {"version", report.version},
               {"committed", report.committed},
               {"done", report.done},
               {"left", report.left},
               {"files_lost", report.files_lost},
               {"rows_lost", report.files_lost == 0 ? Json(0)
                             : report.rows_lost     ? Json(*report.rows_lost)
                                                    : Json()}});
  } else {
    for (const std::string& what : report.done) fmt::print("{}\n", what);
    for (const std::string& what : report.left) fmt::print("cannot be repaired: {}\n", what);
    Note("version {}: {} repairs, {} problems left\n", report.version, report.done.size(),
         report.left.size());
  }
  if (report.files_lost > 0) {
    fmt::print(stderr, "pixlake: LOST: {} rows in {} files that are gone\n",
               report.rows_lost ? std::to_string(*report.rows_lost) : "an unknown number of",
               report.files_lost);
    ExitWith(kSomeQuarantined);
  }
  return report.left.empty() ? Status::OK() : Damaged(*table, report.left.size());
}

Status RunCheck(CareOptions* options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const auto table, session->OpenTable(options->table));
  return options->repair ? Repair(options, table.get()) : OnlyCheck(options, table.get());
}

Status RunAnalyze(CareOptions* options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const auto table, session->OpenTable(options->table));
  PL_ASSIGN_OR_RETURN(auto* const care, table->file_care());
  PL_ASSIGN_OR_RETURN(const table::AnalyzeReport report, care->Analyze(options->columns));
  if (options->common.json) {
    PrintJson({{"status", "ok"},
               {"version", report.version},
               {"committed", report.committed},
               {"files", report.files_seen},
               {"files_restated", report.files},
               {"columns", report.columns}});
  } else {
    Note("version {}: {} of {} files have new statistics\n", report.version, report.files, report.files_seen);
  }
  return Status::OK();
}

Status RunCompactLog(CareOptions* options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const auto table, session->OpenTable(options->table));
  PL_ASSIGN_OR_RETURN(auto* const care, table->log_care());
  PL_ASSIGN_OR_RETURN(const table::LogCompactionReport report, care->CompactLog(options->from, options->to));
  if (options->common.json) {
    PrintJson({{"status", "ok"},
               {"first", report.first},
               {"last", report.last},
               {"actions", report.actions},
               {"bytes", report.bytes},
               {"path", report.path}});
  } else {
    Note("commits {} to {} are in one file, {} actions, {}\n", report.first, report.last, report.actions,
         FormatByteSize(report.bytes));
  }
  return Status::OK();
}

Status RunClone(CareOptions* options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const engine::CloneReport report,
                      engine::CloneShallow(*session, {options->table, options->version}, options->target));
  if (options->common.json) {
    PrintJson({{"status", "ok"},
               {"path", report.path},
               {"source", report.source},
               {"source_version", report.source_version},
               {"files", report.files},
               {"size_bytes", report.bytes}});
  } else {
    Note("{} names the {} files, {}, of version {} of {}\n", report.path, report.files,
         FormatByteSize(report.bytes), report.source_version, report.source);
  }
  return Status::OK();
}

CLI::App* Add(CLI::App* group, const char* name, const char* help, const CareOptionsPtr& options,
              Status (*run)(CareOptions*)) {
  return AddTableAction(group, name, help, &options->table, &options->common,
                        [options, run] { return run(options.get()); });
}

}  // namespace

void AddCareCommands(CLI::App* group) {
  const auto check = std::make_shared<CareOptions>();
  Add(group, "check", "Verify every file against the log; exit status 1 when something is wrong", check,
      RunCheck)
      ->add_flag("--repair", check->repair,
                 "Do what can be done: files that are gone are named no longer (exit status 3: their\n"
                 "rows are lost), statistics, checksums and hints written anew, old leftovers deleted");

  const auto analyze = std::make_shared<CareOptions>();
  Add(group, "analyze", "Collect the files' statistics anew, from their footers, so that queries skip files",
      analyze, RunAnalyze)
      ->add_option("--columns", analyze->columns,
                   "The columns to have statistics from now on, separated by commas\n"
                   "(default: as the table's properties say)")
      ->type_name("COLUMNS")
      ->delimiter(',')
      ->check(NotEmpty());

  const auto compact = std::make_shared<CareOptions>();
  CLI::App* command =
      Add(group, "compact-log", "Put commits of the log together in one file, so that readers open fewer",
          compact, RunCompactLog);
  command->add_option("--from", compact->from, "First version (default: after the newest checkpoint)")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--to", compact->to, "Last version (default: the latest)")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);

  const auto clone = std::make_shared<CareOptions>();
  command = Add(group, "clone",
                "Make a table that names another's files (a shallow clone): nothing is copied, and\n"
                "each changes without the other. A VACUUM of the source may delete what it needs.",
                clone, RunClone);
  command->add_option("TARGET", clone->target, "Path or URI of the new table")->required()->check(NotEmpty());
  AddVersionOptions(command, &clone->version, "The source");
}

}  // namespace pixlake::cli
