// pixlake: one binary for the whole lakehouse.
#include "cli/command.h"

int main(int argc, char** argv) {
  CLI::App program(
      "pixlake: an image lakehouse. Takes images from wherever they are to open Delta tables,\n"
      "with SQL over them, and gives any single image back at once.",
      "pixlake");
  program.require_subcommand(1);
  bool version = false;  // read before the parser comes to it
  program.add_flag("-V,--version", version, "The version");
  program.footer(
      "`pixlake help COMMAND` tells more. Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some "
      "inputs were quarantined, 130 interrupted.");
  pixlake::cli::AddIngestCommand(&program);
  pixlake::cli::AddRunCommand(&program);
  pixlake::cli::AddSqlCommand(&program);
  pixlake::cli::AddShowCommand(&program);
  pixlake::cli::AddCatCommand(&program);
  pixlake::cli::AddExportCommand(&program);
  pixlake::cli::AddTableCommand(&program);
  pixlake::cli::AddProfileCommand(&program);
  pixlake::cli::AddReportCommand(&program);
  pixlake::cli::AddQuarantineCommand(&program);
  pixlake::cli::AddCatalogCommand(&program);
  pixlake::cli::AddMaintainCommand(&program);
  pixlake::cli::AddScheduleCommand(&program);
  pixlake::cli::AddStatsCommand(&program);
  pixlake::cli::AddInitCommand(&program);
  pixlake::cli::AddConfigCommand(&program);
  pixlake::cli::AddInspectCommand(&program);
  pixlake::cli::AddMetadataCommand(&program);
  pixlake::cli::AddMnistCommand(&program);
  pixlake::cli::AddKernelsCommand(&program);
  pixlake::cli::AddCompletionCommand(&program);
  pixlake::cli::AddVersionCommand(&program);
  pixlake::cli::AddHelpCommand(&program);
  return pixlake::cli::RunProgram(&program, argc, argv);
}
