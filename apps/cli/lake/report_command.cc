#include <memory>

#include <fmt/format.h>

#include "engine/report/report.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

struct ReportCommandOptions {
  CommonOptions common;
  engine::ReportRequest request;
};

Status MakeReport(const ReportCommandOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  PL_ASSIGN_OR_RETURN(const engine::ReportSummary summary, engine::WriteReport(*session, options.request));
  if (options.common.json) {
    PrintJson({{"status", "ok"},
               {"output", options.request.output},
               {"checks", summary.checks},
               {"failing", summary.failing},
               {"pictures", summary.pictures},
               {"bytes", summary.bytes}});
  } else if (options.request.output != "-") {
    Note("{} checks, of which {} fail, with {} pictures: {}\n", summary.checks, summary.failing,
         summary.pictures, options.request.output);
  }
  return Status::OK();
}

}  // namespace

void AddReportCommand(CLI::App* program) {
  const auto options = std::make_shared<ReportCommandOptions>();
  CLI::App* command = program->add_subcommand(
      "report",
      "What a lake's checks said, as one HTML page: results, their history, pictures of images that fail.\n"
      "It needs nothing but itself: no script, no network.");
  command->add_option("-o,--output", options->request.output, "The page; '-' is standard output")
      ->type_name("FILE")
      ->required()
      ->check(NotEmpty());
  command
      ->add_option("--pictures", options->request.most_pictures, "At most this many, of all checks together")
      ->type_name("N")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return MakeReport(*options); });
}

}  // namespace pixlake::cli
