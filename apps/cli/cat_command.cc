#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "engine/chosen_rows.h"
#include "engine/output/image_text.h"
#include "engine/output/output_name.h"
#include "engine/tables.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct CatOptions {
  CommonOptions common;
  engine::LookupRequest request;
  std::string output;
};

Status Run(const CatOptions& given) {
  CatOptions options = given;
  if (engine::IsStandardOutput(options.output)) options.output.clear();
  if (options.output.empty() && !options.common.json && isatty(STDOUT_FILENO) != 0) {
    return Error(ErrorCode::kUsage,
                 "an image is not for a terminal; write it with --output FILE or into a pipe");
  }
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  if (options.request.id) {
    PL_ASSIGN_OR_RETURN(options.request.id, engine::WholeId(*session, options.request.table,
                                                            options.request.version, *options.request.id));
  }
  PL_ASSIGN_OR_RETURN(const engine::FoundImage found, engine::FindImage(*session, options.request));
  const std::string_view bytes(*found.bytes);
  if (!options.output.empty()) PL_RETURN_NOT_OK(engine::WriteOutputFile(*session, options.output, bytes));
  if (options.common.json) {
    Json json = {{"status", "ok"},
                 {"file", found.file},
                 {"row", found.row},
                 {"size", bytes.size()},
                 {"sha256", engine::ContentId(bytes)}};
    if (options.output.empty()) {
      json["base64"] = engine::Base64(bytes);
    } else {
      json["output"] = options.output;
    }
    PrintJson(json);
  } else if (options.output.empty()) {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  }
  return Status::OK();
}

}  // namespace

void AddCatCommand(CLI::App* program) {
  const auto options = std::make_shared<CatOptions>();
  CLI::App* command = program->add_subcommand("cat", "One image of a table, its bytes as they were stored");
  command->add_option("TABLE", options->request.table, "Path or URI of the table, or its name in the lake")
      ->required();
  auto* id = command->add_option(
      "ID", options->request.id,
      "The row's `id` or its beginning; in a table without that column the image's SHA-256");
  command->add_option("--row", options->request.row, "Position in the table, from 0")
      ->type_name("N")
      ->excludes(id);
  command
      ->add_option("--column", options->request.column,
                   "The binary column (default: content, image_binary, or the only one)")
      ->type_name("NAME");
  AddVersionOptions(command, &options->request.version, "The table as it was");
  command->add_option("-o,--output", options->output, "Write to this file; '-' is standard output")
      ->type_name("FILE");
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(*options); });
}

}  // namespace pixlake::cli
