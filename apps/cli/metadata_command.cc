#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "base/memory/byte_size.h"
#include "engine/ingest/metadata.h"

#include "cli/command.h"
#include "cli/fetch_options.h"

namespace pixlake::cli {
namespace {

struct MetadataOptions {
  CommonOptions common;
  engine::MetadataRequest request;
  std::string delimiter;
};

Json ToJson(const ingest::DescribeReport& report, double seconds) {
  Json json = {{"status", "ok"},
               {"listed", report.listed},
               {"succeeded", report.succeeded},
               {"failed", report.failed},
               {"done_before", report.done_before},
               {"repeated", report.repeated},
               {"blank", report.blank},
               {"bytes", report.bytes},
               {"seconds", seconds}};
  json["codes"] = Json::object();
  for (const auto& [code, count] : report.codes) json["codes"][code] = count;
  return json;
}

void PrintReport(const ingest::DescribeReport& report, const engine::MetadataRequest& request,
                 double seconds) {
  const auto all = static_cast<double>(report.succeeded + report.failed);
  Note("{} images described in {:.2f} s ({:.0f}/s, {}) into {}\n", report.succeeded, seconds,
       seconds > 0 ? all / seconds : 0, FormatByteSize(report.bytes), request.success);
  if (report.failed > 0) {
    std::string codes;
    for (const auto& [code, count] : report.codes)
      codes += fmt::format("{}{} {}", codes.empty() ? "" : ", ", count, code);
    Note("{} failed ({}): the reasons are in {}; run again to try them again\n", report.failed, codes,
         request.failure);
  }
  if (report.done_before > 0) Note("{} had been described by an earlier run\n", report.done_before);
  if (report.repeated > 0) Note("{} stand in the list more than once\n", report.repeated);
  if (report.blank > 0) Note("{} rows have no url\n", report.blank);
}

Result<char> Delimiter(const std::string& text) {
  if (text.empty()) return '\0';
  if (text == "tab" || text == "\\t") return '\t';
  if (text.size() == 1 && text != "\"" && text != "\n") return text[0];
  return Error(ErrorCode::kUsage, fmt::format("--delimiter '{}': expected one character, or tab", text));
}

Status Run(MetadataOptions* options) {
  engine::MetadataRequest& request = options->request;
  PL_ASSIGN_OR_RETURN(request.options.delimiter, Delimiter(options->delimiter));
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  const auto start = std::chrono::steady_clock::now();
  const auto report = engine::DescribeImages(*session, &request);
  PL_RETURN_NOT_OK(report.status());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (options->common.json) {
    PrintJson(ToJson(*report, seconds));
  } else {
    PrintReport(*report, request, seconds);
  }
  if (report->failed > 0) ExitWith(kSomeQuarantined);
  return Status::OK();
}

}  // namespace

void AddMetadataCommand(CLI::App* program) {
  const auto options = std::make_shared<MetadataOptions>();
  CLI::App* command = program->add_subcommand(
      "metadata",
      "What every image of a CSV or TSV list, or of a lake, says of itself, as JSON lines or rows.\n"
      "Run again, it describes only what is new or failed. Exit status 3 when some failed.");
  engine::MetadataRequest& request = options->request;
  command
      ->add_option(
          "LIST", request.list,
          "CSV or TSV file, also with gzip or zstd, '-' for one from standard input; a folder of images, an "
          "image or its URL; or raw.images of --lake")
      ->required()
      ->check(NotEmpty());
  command->add_option("--url-column", request.options.column, "The column with the images' places")
      ->type_name("NAME")
      ->check(NotEmpty())
      ->capture_default_str();
  command
      ->add_option("--success", request.success,
                   "Folder for JSON lines, postgresql://…?table=NAME, sqlite:FILE?table=NAME, or "
                   "raw.metadata of --lake")
      ->type_name("URI")
      ->required()
      ->check(NotEmpty());
  command
      ->add_option("--failure", request.failure,
                   "The same for images that failed, with the reason (default: beside --success, DIR-failed)")
      ->type_name("URI")
      ->check(NotEmpty());
  command
      ->add_option("--delimiter", options->delimiter,
                   "Between values: a character or `tab` (default: found out)")
      ->type_name("CHAR");
  AddQuoteOption(command, &request.options.quoting);
  command->add_flag("--id", request.options.with_id, "Read local files whole and give their SHA-256 as `id`");
  AddExamineOptions(command, &request.options.examine);
  AddLakeOption(command, &options->common);
  AddFetchOptions(command, &request.options.fetch);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

}  // namespace pixlake::cli
