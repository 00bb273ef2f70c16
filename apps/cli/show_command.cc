#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "engine/output/output_name.h"
#include "engine/show.h"

#include "cli/command.h"
#include "cli/terminal.h"

namespace pixlake::cli {
namespace {

struct ShowOptions {
  CommonOptions common;
  engine::ShowRequest request;
};

Status Run(ShowOptions* options) {
  engine::ShowRequest& request = options->request;
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  PL_RETURN_NOT_OK(engine::CheckSheetName(request.output));
  const bool to_stdout = engine::IsStandardOutput(request.output);
  if (to_stdout && (options->common.json || terminal)) {
    return Error(ErrorCode::kUsage,
                 options->common.json
                     ? "--json and the sheet cannot both be standard output; add --output FILE"
                     : "a PNG is not for a terminal; add --output FILE");
  }
  if (request.output.empty() && !terminal && !options->common.json) {
    return Error(
        ErrorCode::kUsage,
        "there is no terminal to draw on: write the sheet with --output FILE.png, or --output - into "
        "a pipe");
  }
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  request.text = to_stdout ? engine::TextPictures::kNone : PicturesFor(options->common.json);
  request.text_columns = OutputColumns();
  request.text_lines = OutputLines();
  PL_ASSIGN_OR_RETURN(const engine::ShowReport report, engine::Show(*session, request));
  if (options->common.json) {
    PrintJson({{"status", "ok"},
               {"shown", report.shown},
               {"not_shown", report.not_shown},
               {"contact_sheet", report.output.empty() ? Json() : Json(report.output)}});
    return Status::OK();
  }
  fmt::print("{}", report.text_sheet);
  if (!to_stdout && !request.output.empty()) Note("{} images on {}\n", report.shown, report.output);
  if (report.drawn > 0 && report.drawn < report.shown)
    Note("{} of {} drawn here{}\n", report.drawn, report.shown,
         request.output.empty() ? "; for all of them: --output sheet.png" : "");
  for (const std::string& why : report.not_shown) fmt::print(stderr, "not shown: {}\n", why);
  return Status::OK();
}

}  // namespace

void AddShowCommand(CLI::App* program) {
  const auto options = std::make_shared<ShowOptions>();
  options->request.rows.limit = 36;
  CLI::App* command = program->add_subcommand(
      "show",
      "Images of a table, upright: drawn in the terminal, as many as there is room for, and on one contact "
      "sheet with --output.");
  engine::ShowRequest& request = options->request;
  command->add_option("TABLE", request.rows.table, "Path or URI of the table, or its name in the lake")
      ->required();
  AddRowOptions(command, &request.rows, "At most this many images");
  command->get_option("--limit")->check(CLI::Range(1, 10000))->default_str("36");
  command->add_option("--size", request.max_side, "Longer side of a thumbnail in pixels")
      ->type_name("N")
      ->check(CLI::Range(8, 2048))
      ->capture_default_str();
  command->add_flag("--captions", request.captions, "The images' names below them, in the terminal");
  command
      ->add_option("-o,--output", request.output,
                   "Write the sheet to this file, a .png; '-' is standard output")
      ->type_name("FILE");
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

}  // namespace pixlake::cli
