#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "base/memory/byte_size.h"
#include "base/stop/stop_token.h"
#include "engine/ingest/ingest.h"

#include "cli/command.h"
#include "cli/fetch_options.h"

namespace pixlake::cli {
namespace {

struct IngestOptions {
  IngestOptions() { request.options.examine.describe = true; }

  CommonOptions common;
  engine::IngestRequest request;
};

Json ToJson(const ingest::LakeIngestReport& report, double seconds) {
  const ingest::StageCounts& added = report.added;
  Json json = {{"status", "ok"},
               {"items", report.items},
               {"images", added.images},
               {"binary", added.binary},
               {"quarantined", added.quarantined},
               {"described", added.described},
               {"duplicates", added.duplicates},
               {"unchanged", report.unchanged + added.unchanged},
               {"failed_again", added.failed_again},
               {"resolved", added.resolved},
               {"gone", added.gone},
               {"skipped", report.skipped},
               {"bytes", added.bytes},
               {"batches", report.batches},
               {"replayed_batches", report.replayed_batches},
               {"seconds", seconds}};
  json["notes"] = report.notes;
  json["verdicts"] = Json::object();
  for (const auto& [verdict, count] : added.verdicts) json["verdicts"][verdict] = count;
  json["versions"] = Json::object();
  for (const auto& [table, version] : report.versions) json["versions"][table] = version;
  return json;
}

void PrintReport(const ingest::LakeIngestReport& report, const std::string& lake, double seconds) {
  const ingest::StageCounts& added = report.added;
  if (report.replayed_batches > 0)
    Note("Committed {} batch{} that an interrupted run had staged\n", report.replayed_batches,
         report.replayed_batches == 1 ? "" : "es");
  const double rate = seconds > 0 ? static_cast<double>(added.bytes) / seconds : 0;
  Note("{} files met in {:.2f} s: {} new images, {} other files, {} duplicates, {} unchanged\n", report.items,
       seconds, added.images, added.binary, added.duplicates, report.unchanged + added.unchanged);
  if (added.bytes > 0)
    Note("{} added, {}/s\n", FormatByteSize(added.bytes), FormatByteSize(static_cast<int64_t>(rate)));
  if (added.described > 0) Note("{} described in raw.metadata\n", added.described);
  if (added.gone > 0) Note("{} places are no longer there\n", added.gone);
  if (report.skipped > 0) Note("{} left out by options (hidden, links, patterns)\n", report.skipped);
  if (added.quarantined > 0) {
    std::string verdicts;
    for (const auto& [verdict, count] : added.verdicts)
      verdicts += fmt::format("{}{} {}", verdicts.empty() ? "" : ", ", count, verdict);
    Note(
        "{} quarantined ({}): pixlake sql \"SELECT source, verdict, message FROM raw.quarantine\" --lake "
        "{}\n",
        added.quarantined, verdicts, lake);
  }
  if (added.resolved > 0) Note("{} that had been quarantined are taken now\n", added.resolved);
  if (added.failed_again > 0) {
    Note("{} tried again and failed again: pixlake quarantine list --lake {}\n", added.failed_again, lake);
  }
  for (const std::string& note : report.notes) Note("note: {}\n", note);
  if (report.batches == 0) Note("Nothing new\n");
}

// How many files there are in folders, so that a bar has an end; 0 where that is not told by counting.
int64_t FilesIn(const std::vector<std::string>& sources, const ingest::SourceOptions& options) {
  namespace fs = std::filesystem;
  if (!options.include.empty() || !options.exclude.empty() || options.follow_symlinks) return 0;
  int64_t files = 0;
  std::error_code error;
  for (const std::string& source : sources) {
    if (!fs::is_directory(source, error)) return 0;
    for (fs::recursive_directory_iterator entry(source, error), end; !error && entry != end;
         entry.increment(error)) {
      if (!CheckStopped().ok()) return 0;
      const bool hidden = entry->path().filename().string().rfind('.', 0) == 0 && !options.hidden;
      std::error_code ignored;
      if (hidden && entry->is_directory(ignored)) entry.disable_recursion_pending();
      if (!hidden && entry->is_regular_file(ignored) && !entry->is_symlink(ignored)) ++files;
    }
    if (error) return 0;
  }
  return files;
}

Status Run(IngestOptions* options) {
  engine::IngestRequest& request = options->request;
  request.lake = options->common.lake;
  if (request.lake.empty()) request.lake = LakeHere();
  if (request.lake.empty())
    return Error(ErrorCode::kUsage, "which lake? Give --lake LAKE or set PIXLAKE_LAKE");
  // The lake may have to be made: it is not the engine's yet.
  CommonOptions common = options->common;
  common.lake.clear();
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(common, [&request] {
                        return FilesIn(request.sources, request.options.source);
                      }));
  const auto start = std::chrono::steady_clock::now();
  request.options.on_wait = [] {
    fmt::print(stderr, "pixlake: another run is ingesting into this lake; waiting for it\n");
  };
  const auto report = engine::Ingest(*session, request);
  PL_RETURN_NOT_OK(report.status());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (common.json) {
    PrintJson(ToJson(*report, seconds));
  } else {
    PrintReport(*report, request.lake, seconds);
  }
  if (report->added.quarantined + report->added.failed_again > 0) ExitWith(kSomeQuarantined);
  return Status::OK();
}

}  // namespace

void AddIngestCommand(CLI::App* program) {
  const auto options = std::make_shared<IngestOptions>();
  CLI::App* command = program->add_subcommand(
      "ingest",
      "Images into a lake: folders, files, patterns, tar and zip archives, IDX pairs, URLs, prefixes\n"
      "of stores (s3, gs, hdfs), lists of such (--url-column).\n"
      "Each content once, every place it was met under; what is no good image goes to raw.quarantine\n"
      "with its reason. Run again, it takes only what is new.");
  engine::IngestRequest& request = options->request;
  ingest::SourceOptions& source = request.options.source;
  command
      ->add_option("SOURCE", request.sources,
                   "Folder, file, pattern, archive, IDX file, URL or list; several may be given")
      ->required();
  command->add_option("--table", request.table, "Where images go")->type_name("NAME")->capture_default_str();
  command->add_option("--include", source.include, "Only files that match: '*.jpg', '2024/**' (repeatable)")
      ->type_name("GLOB")
      ->check(NotEmpty());
  command->add_option("--exclude", source.exclude, "Not the files that match (repeatable)")
      ->type_name("GLOB")
      ->check(NotEmpty());
  command->add_flag("--follow-links", source.follow_symlinks, "Follow symbolic links (loops are seen)");
  command->add_flag("--hidden", source.hidden, "Also files and folders whose names begin with '.'");
  command->add_flag("--label-from-folder", source.label_from_folder,
                    "Label images with the name of their folder");
  CLI::Option* no_metadata =
      command->add_flag("!--no-metadata", request.options.examine.describe,
                        "No rows of raw.metadata: EXIF, GPS, XMP, IPTC, ICC are not read");
  command
      ->add_flag("--describe", request.describe_known,
                 "Images that the lake had before get their row of raw.metadata, too")
      ->excludes(no_metadata)
      ->group("");
  command->add_flag("--rehash", request.options.rehash,
                    "Read every file again, also those whose size and time have not changed");
  command
      ->add_option("--url-column", source.url_column, "CSV and TSV files are lists: their column of places")
      ->type_name("NAME")
      ->check(NotEmpty());
  command->add_option("--label-column", source.label_column, "The list's column that labels its images")
      ->type_name("NAME")
      ->check(NotEmpty());
  AddQuoteOption(command, &source.quoting);
  AddSizeOption(command, "--max-member", "Larger members of archives are a `bomb` (default 64GB)",
                &source.max_member_bytes);
  command
      ->add_option("--max-expansion", source.max_expansion,
                   "How many times its own size an archive may unpack to, once above 1 GiB; else a `bomb`")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40))
      ->capture_default_str();
  AddFetchOptions(command, &source.fetch);
  AddExamineOptions(command, &request.options.examine);
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

}  // namespace pixlake::cli
