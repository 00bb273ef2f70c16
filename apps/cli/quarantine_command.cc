#include <memory>

#include <fmt/format.h>

#include "engine/quarantine.h"
#include "engine/sql.h"

#include "cli/command.h"
#include "cli/fetch_options.h"
#include "cli/terminal.h"

namespace pixlake::cli {
namespace {

struct QuarantineOptions {
  CommonOptions common;
  engine::QuarantineFilter filter;
  int64_t limit = 100;
  std::string id;
  ingest::LakeIngestOptions ingest;
};

Status List(const QuarantineOptions& options, bool brief) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  PL_RETURN_NOT_OK(session->OpenLake().status());
  engine::SqlRequest request;
  PL_ASSIGN_OR_RETURN(request.sql,
                      engine::QuarantineListing(*session, options.filter, options.limit,
                                                brief && !options.common.json && TerminalColumns() > 0));
  if (options.common.json) return engine::RunSqlAsJson(*session, request).status();
  request.write.max_width = TerminalColumns();
  request.write.max_rows = 0;
  return engine::RunSql(*session, request).status();
}

Status Show(QuarantineOptions options) {
  if (options.id.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return Error(ErrorCode::kUsage, fmt::format("{}: an id is hexadecimal", options.id));
  }
  options.filter.where = fmt::format("starts_with(id, '{}')", options.id);
  options.limit = 0;
  return List(options, false);
}

Status Replay(const QuarantineOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  ingest::LakeIngestOptions ingest = options.ingest;
  PL_ASSIGN_OR_RETURN(const engine::ReplayReport report,
                      engine::ReplayQuarantine(*session, options.filter, ingest));
  if (options.common.json) {
    PrintJson({{"status", "ok"},
               {"replayed", report.replayed},
               {"released", report.released},
               {"left", report.left},
               {"failed_again", report.failed_again},
               {"missing", report.missing}});
    return Status::OK();
  }
  Note("{} judged again: {} are sound now and in raw.images, {} stay in quarantine\n", report.replayed,
       report.released, report.left);
  if (report.failed_again > 0) fmt::print("{} could not be had now either\n", report.failed_again);
  if (report.missing > 0) {
    Note("{} have neither bytes nor a file or URL to have them from; ingest their sources again\n",
         report.missing);
  }
  return Status::OK();
}

void AddFilter(CLI::App* command, QuarantineOptions* options) {
  command->add_option("--verdict", options->filter.verdict, "Only this one: truncated_at, bomb, corrupt …")
      ->type_name("NAME")
      ->check(NotEmpty());
  command->add_option("--where", options->filter.where, "Only rows that fit, e.g. \"source LIKE '%/2024/%'\"")
      ->type_name("SQL")
      ->check(NotEmpty());
}

}  // namespace

void AddQuarantineCommand(CLI::App* program) {
  const auto options = std::make_shared<QuarantineOptions>();
  CLI::App* group =
      program->add_subcommand("quarantine", "Images that could not be taken: list, show, replay");
  group->require_subcommand(1);

  CLI::App* list = group->add_subcommand("list", "What is in quarantine and why, newest first");
  AddFilter(list, options.get());
  list->add_option("--limit", options->limit, "At most this many; 0: all")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 40))
      ->capture_default_str();
  AddLakeOption(list, &options->common);
  AddCommonOptions(list, &options->common);
  OnCommand(list, &options->common, [options] { return List(*options, true); });

  CLI::App* show = group->add_subcommand("show",
                                         "One content's rows, by its id or the beginning of it; `pixlake cat "
                                         "raw.quarantine ID` gives the bytes");
  show->add_option("ID", options->id, "SHA-256 in hex, or its beginning")->required()->check(NotEmpty());
  AddLakeOption(show, &options->common);
  AddCommonOptions(show, &options->common);
  OnCommand(show, &options->common, [options] { return Show(*options); });

  CLI::App* replay = group->add_subcommand("replay",
                                           "Judges what is in quarantine again, by the bytes that were kept: "
                                           "what is sound by these options goes to\n"
                                           "raw.images and leaves raw.quarantine. Of what no bytes were "
                                           "kept is read or fetched again.");
  AddFilter(replay, options.get());
  options->ingest.examine.describe = true;  // as ingest does
  AddExamineOptions(replay, &options->ingest.examine);
  AddFetchOptions(replay, &options->ingest.source.fetch);
  AddLakeOption(replay, &options->common);
  AddCommonOptions(replay, &options->common);
  OnCommand(replay, &options->common, [options] { return Replay(*options); });
}

}  // namespace pixlake::cli
