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
  PL_RETURN_NOT_OK(engine::CheckSheetName(request.output));
  const bool to_stdout = engine::IsStandardOutput(request.output);
  if (to_stdout && (options->common.json || isatty(STDOUT_FILENO) != 0)) {
    return Error(ErrorCode::kUsage,
                 options->common.json
                     ? "--json and the sheet cannot both be standard output; add --output FILE"
                     : "a PNG is not for a terminal; add --output FILE");
  }
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  request.text = to_stdout ? engine::TextPictures::kNone : PicturesFor(options->common.json);
  request.text_columns = OutputColumns();
  PL_ASSIGN_OR_RETURN(const engine::ShowReport report, engine::Show(*session, request));
  if (options->common.json) {
    PrintJson({{"status", "ok"},
               {"shown", report.shown},
               {"not_shown", report.not_shown},
               {"contact_sheet", report.output}});
    return Status::OK();
  }
  if (to_stdout) {
    for (const std::string& why : report.not_shown) fmt::print(stderr, "not shown: {}\n", why);
    return Status::OK();
  }
  fmt::print("{}", report.text_sheet);
  fmt::print("{} images on {}\n", report.shown, report.output);
  for (const std::string& why : report.not_shown) fmt::print("not shown: {}\n", why);
  return Status::OK();
}

}  // namespace

void AddShowCommand(CLI::App* program) {
  const auto options = std::make_shared<ShowOptions>();
  options->request.output = "contact_sheet.png";
  CLI::App* command =
      program->add_subcommand("show", "Images of a table on one contact sheet, and in the terminal");
  engine::ShowRequest& request = options->request;
  command->add_option("TABLE", request.table, "Path or URI of the table, or its name in the lake")
      ->required();
  command->add_option("--where", request.where, "Only rows that fit, e.g. \"label = 'cat'\"")
      ->type_name("SQL");
  command->add_option("--limit", request.limit, "At most this many")
      ->type_name("N")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--size", request.max_side, "Longer side of a thumbnail in pixels")
      ->type_name("N")
      ->check(CLI::Range(8, 2048))
      ->capture_default_str();
  command->add_option("-o,--output", request.output, "The sheet, a PNG; '-' is standard output")
      ->type_name("FILE")
      ->capture_default_str();
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

}  // namespace pixlake::cli
