// pixlake table optimize|zorder|vacuum|restore|checkpoint
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "base/memory/byte_size.h"
#include "engine/tables.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

constexpr double kHourMs = 3'600'000;

struct UpkeepOptions {
  CommonOptions common;
  std::string table;
  engine::OptimizeRequest optimize;
  std::string target_size;
  table::VacuumRequest vacuum;
  std::optional<double> retain_hours;
  table::VersionSpec version;
};

using UpkeepOptionsPtr = std::shared_ptr<UpkeepOptions>;

Status RunOptimize(UpkeepOptions* options) {
  if (!options->target_size.empty()) {
    PL_ASSIGN_OR_RETURN(options->optimize.target_file_bytes, ParseByteSize(options->target_size));
    if (*options->optimize.target_file_bytes <= 0)
      return Error(ErrorCode::kUsage, "--target-size must be more than 0 bytes");
  }
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  options->optimize.table = options->table;
  const auto report = engine::Optimize(*session, options->optimize);
  PL_RETURN_NOT_OK(report.status());
  if (options->common.json) {
    PrintJson({{"status", "ok"},
               {"version", report->version},
               {"committed", report->committed},
               {"files_removed", report->removed.files},
               {"bytes_removed", report->removed.bytes},
               {"files_added", report->added.files},
               {"bytes_added", report->added.bytes},
               {"rows", report->rows},
               {"deletion_vectors_removed", report->vectors_removed},
               {"groups_lost", report->groups_lost},
               {"attempts", report->attempts}});
  } else if (!report->committed) {
    Note("version {}: nothing to do{}\n", report->version,
         report->groups_lost > 0 ? ", another writer changed the files meanwhile" : "");
  } else {
    Note("version {}: {} files, {}, became {} files, {}, with {} rows\n", report->version,
         report->removed.files, FormatByteSize(report->removed.bytes), report->added.files,
         FormatByteSize(report->added.bytes), report->rows);
  }
  return Status::OK();
}

Status RunVacuum(UpkeepOptions* options) {
  table::VacuumRequest& request = options->vacuum;
  if (options->retain_hours) request.retention_ms = static_cast<int64_t>(*options->retain_hours * kHourMs);
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  const auto report = engine::Vacuum(*session, options->table, request);
  PL_RETURN_NOT_OK(report.status());
  if (options->common.json) {
    Json json = {{"status", report->failures.empty() ? "ok" : "incomplete"},
                 {"version", report->version},
                 {"dry_run", request.dry_run},
                 {"retention_hours", static_cast<double>(report->retention_ms) / kHourMs},
                 {"files_seen", report->files_seen},
                 {"files_deleted", report->files_deleted},
                 {"bytes_deleted", report->bytes_deleted},
                 {"failures", report->failures}};
    if (request.dry_run) json["paths"] = report->paths;
    PrintJson(json);
  } else {
    for (const std::string& path : report->paths) {
      if (request.dry_run) fmt::print("{}\n", path);
    }
    for (const std::string& failure : report->failures) fmt::print(stderr, "not deleted: {}\n", failure);
    Note("{} {} files, {}; {} looked at\n", request.dry_run ? "would delete" : "deleted",
         report->files_deleted, FormatByteSize(report->bytes_deleted), report->files_seen);
  }
  if (report->failures.empty()) return Status::OK();
  return Reported(
      Error(ErrorCode::kIo, fmt::format("{} files could not be deleted", report->failures.size())));
}

Status RunRestore(UpkeepOptions* options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const auto table, session->OpenTable(options->table));
  PL_ASSIGN_OR_RETURN(auto* const care, table->file_care());
  PL_ASSIGN_OR_RETURN(const table::RestoreReport report, care->Restore(options->version));
  if (options->common.json) {
    PrintJson({{"status", "ok"},
               {"version", report.version},
               {"restored", report.restored},
               {"committed", report.committed},
               {"metrics", ObjectOf(report.metrics)}});
  } else if (report.committed) {
    Note("version {} is as version {} was\n", report.version, report.restored);
  } else {
    Note("version {} is as version {} was already; nothing to do\n", report.version, report.restored);
  }
  return Status::OK();
}

Status RunCheckpoint(UpkeepOptions* options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  PL_ASSIGN_OR_RETURN(const auto table, session->OpenTable(options->table));
  PL_ASSIGN_OR_RETURN(auto* const care, table->log_care());
  PL_ASSIGN_OR_RETURN(const int64_t version, care->Checkpoint());
  if (options->common.json) {
    PrintJson({{"status", "ok"}, {"version", version}});
  } else {
    Note("checkpoint of version {} written\n", version);
  }
  return Status::OK();
}

CLI::App* Add(CLI::App* group, const char* name, const char* help, const UpkeepOptionsPtr& options,
              Status (*run)(UpkeepOptions*)) {
  return AddTableAction(group, name, help, &options->table, &options->common,
                        [options, run] { return run(options.get()); });
}

void AddOptimizeOptions(CLI::App* command, const UpkeepOptionsPtr& options) {
  command
      ->add_option("--where", options->optimize.where,
                   "Only partitions that fit, e.g. \"date_partition >= '2026-11-01'\"")
      ->type_name("SQL")
      ->check(NotEmpty());
  command
      ->add_option("--target-size", options->target_size,
                   "Bytes of a file to aim at (default: delta.targetFileSize, else 512MB)")
      ->type_name("SIZE")
      ->check(NotEmpty());
}

}  // namespace

void AddUpkeepCommands(CLI::App* group) {
  const auto optimize = std::make_shared<UpkeepOptions>();
  CLI::App* packing = Add(group, "optimize",
                          "Small files become large ones, deleted rows go; no row changes. A table with\n"
                          "CLUSTER BY columns is arranged by these.\n"
                          "A second run finds nothing to do.",
                          optimize, RunOptimize);
  AddOptimizeOptions(packing, optimize);
  packing->add_flag("--full", optimize->optimize.full,
                    "Of a clustered table arrange every file anew, not only those that are new");
  packing->add_flag(
      "--purge", optimize->optimize.purge,
      "Only files with deleted rows: these are gone for good once a VACUUM deleted the old files");
  const auto zorder = std::make_shared<UpkeepOptions>();
  CLI::App* command = Add(group, "zorder",
                          "Rows that are near in the columns come to stand near in the files, so that\n"
                          "queries by any of the columns skip most of them; no row changes.",
                          zorder, RunOptimize);
  command->add_option("--by", zorder->optimize.zorder_by, "The columns, separated by commas")
      ->type_name("COLUMNS")
      ->delimiter(',')
      ->required();
  AddOptimizeOptions(command, zorder);

  const auto vacuum = std::make_shared<UpkeepOptions>();
  command = Add(group, "vacuum",
                "Delete files that left the table longer ago than it keeps them (a week),\n"
                "and what killed writers left. Older versions cannot be read any more then.",
                vacuum, RunVacuum);
  command->add_option("--retain-hours", vacuum->retain_hours, "Keep what was needed in the last N hours")
      ->type_name("N")
      ->check(CLI::Range(0.0, 1e9));
  command->add_flag("--allow-short-retention", vacuum->vacuum.allow_short_retention,
                    "Also less than the table's own retention: nobody else may be at work");
  command->add_flag("--lite", vacuum->vacuum.from_log, "Only what the log says was removed; lists no folder");
  command->add_flag("--dry-run", vacuum->vacuum.dry_run, "Say what would go; delete nothing");

  const auto restore = std::make_shared<UpkeepOptions>();
  command = Add(group, "restore", "Make the table what it was, in a new version", restore, RunRestore);
  AddVersionOptions(command, &restore->version, "As it was");

  Add(group, "checkpoint", "Write a checkpoint of the latest version now", std::make_shared<UpkeepOptions>(),
      RunCheckpoint);
}

}  // namespace pixlake::cli
