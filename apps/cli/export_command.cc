#include <memory>

#include <fmt/format.h>

#include "base/memory/byte_size.h"
#include "engine/export/export.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct ExportOptions {
  CommonOptions common;
  engine::ExportRequest request;
};

Status Run(ExportOptions* options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  const auto report = engine::Export(*session, options->request);
  PL_RETURN_NOT_OK(report.status());
  if (options->common.json) {
    PrintJson({{"status", report->failed == 0 ? "ok" : "incomplete"},
               {"files", report->files},
               {"already_there", report->already_there},
               {"bytes", report->bytes},
               {"failed", report->failed},
               {"problems", report->problems},
               {"root", report->root.empty() ? Json() : Json(report->root)},
               {"destination", options->request.destination}});
  } else {
    Note("{} files, {}, to {}{}\n", report->files, FormatByteSize(report->bytes),
         options->request.destination,
         report->already_there > 0 ? fmt::format("; {} were there already", report->already_there) : "");
    if (report->failed > 0) fmt::print(stderr, "{} contents could not be had:\n", report->failed);
    for (const std::string& problem : report->problems) fmt::print(stderr, "  {}\n", problem);
  }
  if (report->failed > 0) ExitWith(kNotAllDone);
  return Status::OK();
}

}  // namespace

void AddExportCommand(CLI::App* program) {
  const auto options = std::make_shared<ExportOptions>();
  CLI::App* command = program->add_subcommand(
      "export",
      "Images of a table as files again: their bytes and the names they came with.\n"
      "Run again after an interruption, it goes on; files with other bytes are never replaced.");
  command
      ->add_option("TABLE", options->request.rows.table, "Path or URI of the table, or its name in the lake")
      ->required();
  command
      ->add_option("DESTINATION", options->request.destination,
                   "A folder, or an archive: a name that ends in .tar, .tar.gz or .tar.zst")
      ->required();
  AddRowOptions(command, &options->request.rows, "At most this many rows");
  command->add_flag("--once", options->request.once,
                    "Each content under one name, not under every one it was met under");
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

}  // namespace pixlake::cli
