// pixlake: one binary for the whole lakehouse.
#include "cli/command.h"

int main(int argc, char** argv) {
  CLI::App program(
      "pixlake: an image lakehouse. Takes images from wherever they are to open Delta tables,\n"
      "with SQL over them, and gives any single image back at once.",
      "pixlake");
  program.require_subcommand(1);
  program.set_help_all_flag("--help-all", "Help of every command");
  program.footer(
      "`pixlake COMMAND --help` tells more. Exit status: 0 done, 1 failed, 2 wrong usage,\n3 done but some "
      "inputs were quarantined.");
  pixlake::cli::AddMnistCommand(&program);
  pixlake::cli::AddInitCommand(&program);
  pixlake::cli::AddIngestCommand(&program);
  pixlake::cli::AddInspectCommand(&program);
  pixlake::cli::AddMetadataCommand(&program);
  pixlake::cli::AddSqlCommand(&program);
  pixlake::cli::AddCatCommand(&program);
  pixlake::cli::AddShowCommand(&program);
  pixlake::cli::AddExportCommand(&program);
  pixlake::cli::AddQuarantineCommand(&program);
  pixlake::cli::AddTableCommand(&program);
  pixlake::cli::AddKernelsCommand(&program);
  pixlake::cli::AddVersionCommand(&program);
  pixlake::cli::AddCompletionCommand(&program);
  return pixlake::cli::RunProgram(&program, argc, argv);
}
