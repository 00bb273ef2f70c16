#include "engine/run/run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "engine/run/run_metrics.h"

#include "pipeline/check/checks.h"
#include "pipeline/step/lake_steps.h"
#include "pipeline/step/own_steps.h"
#include "pipeline/step/step_graph.h"
#include "settings/write/effective.h"

namespace pixlake::engine {
namespace {

constexpr char kIngest[] = "ingest";

struct Planned {
  pipeline::Checks checks;
  std::vector<pipeline::Step> steps;
};

Result<Planned> PlannedOf(const Session& session, const RunRequest& request) {
  Planned out;
  PL_ASSIGN_OR_RETURN(out.checks, pipeline::ChecksOf(request.settings));
  PL_ASSIGN_OR_RETURN(out.steps, pipeline::WithOwnSteps(pipeline::LakeSteps(out.checks.of_images),
                                                        request.settings, session.kernels()));
  for (pipeline::Step& step : out.steps) {
    for (pipeline::StepInput& input : step.inputs)
      input.stays = pipeline::StaysCondition(out.checks, input.table);
  }
  return out;
}

catalog::ZoneRoots RootsOf(const settings::Settings& settings) {
  if (settings.root.empty()) return {};
  return {{"raw", settings.storage.raw_path},
          {"processed", settings.storage.processed_path},
          {"curated", settings.storage.curated_path}};
}

IngestRequest RequestOf(const RunRequest& request, const settings::Source& source) {
  const settings::Settings& settings = request.settings;
  IngestRequest out;
  out.sources = {source.path};
  out.lake = request.lake;
  out.roots = RootsOf(settings);
  out.describe_known = true;
  out.options.examine.describe = true;
  const settings::Processing& processing = settings.processing;
  if (const auto check = image::CheckLevelFromName(processing.check)) out.options.examine.check = *check;
  out.options.examine.sandbox = processing.sandbox == "always"  ? sandbox::Sandbox::kAlways
                                : processing.sandbox == "never" ? sandbox::Sandbox::kNever
                                                                : sandbox::Sandbox::kFetched;
  out.options.examine.max_pixels = processing.max_pixels;
  out.options.examine.max_millis = processing.max_millis;
  ingest::SourceOptions& from = out.options.source;
  from.include = source.include;
  from.exclude = source.exclude;
  from.hidden = source.hidden;
  from.follow_symlinks = source.follow_symlinks;
  from.label_from_folder = source.label == "folder";
  if (source.label != "folder" && source.label != "none") from.label_column = source.label;
  from.url_column = source.url_column;
  if (source.quote == "none") from.quoting = file::Quoting::kNone;
  if (source.quote == "csv") from.quoting = file::Quoting::kCsv;
  from.fetch.connections = static_cast<int>(settings.io.requests);
  from.fetch.connections_per_host = static_cast<int>(settings.io.requests_per_host);
  from.fetch.attempts = static_cast<int>(settings.io.attempts);
  from.fetch.allow_private = source.allow_private;
  from.fetch.obey_robots = source.obey_robots;
  return out;
}

Status IngestAll(const Session& session, const RunRequest& request, RunReport* report) {
  std::vector<settings::Source> sources;
  for (const settings::Source& source : request.settings.sources) {
    if (source.enabled) sources.push_back(source);
  }
  for (const std::string& path : request.sources) {
    settings::Source source;
    source.path = path;
    sources.push_back(std::move(source));
  }
  for (const settings::Source& source : sources) {
    IngestRequest one = RequestOf(request, source);
    one.options.on_wait = request.options.on_wait;
    auto ingested = Ingest(session, one);
    if (!ingested.ok())
      return WithContext(ingested.status(), "source " + settings::WithoutSecrets(source.path));
    report->ingested.push_back(*std::move(ingested));
  }
  return Status::OK();
}

// Whether it is there. A lake whose zones are not where the settings say is not touched.
Result<bool> CheckLake(const Session& session, const RunRequest& request) {
  PL_ASSIGN_OR_RETURN(io::Location place, session.Locate(request.lake));
  const auto lake =
      catalog::Lake::Open(std::move(place), {RootsOf(request.settings), session.local_options()});
  if (!lake.ok() && CodeOf(lake.status()) == ErrorCode::kNotFound) return false;
  PL_RETURN_NOT_OK(lake.status());
  return true;
}

}  // namespace

std::string LakeOf(const settings::Settings& settings) {
  return catalog::HomeOf(settings.storage.raw_path);
}

Result<RunReport> Run(const Session& session, const RunRequest& request) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const bool is_there, CheckLake(session, request));
  // What cannot be done is said before anything is.
  PL_ASSIGN_OR_RETURN(const Planned planned, PlannedOf(session, request));
  if (is_there) PL_RETURN_NOT_OK(pipeline::CheckTables(session, planned.steps, planned.checks));
  pipeline::RunOptions options = request.options;
  options.batch_rows = request.settings.processing.batch_size;
  options.max_retries = request.settings.processing.max_retries;
  const auto is_ingest = [](const std::string& name) { return name == kIngest; };
  const bool takes = options.only.empty() || std::any_of(options.only.begin(), options.only.end(), is_ingest);
  const bool only_ingest =
      !options.only.empty() && std::all_of(options.only.begin(), options.only.end(), is_ingest);
  std::erase(options.only, kIngest);
  PL_RETURN_NOT_OK(pipeline::CheckOnly(planned.steps, options.only));
  if (is_there) PL_RETURN_NOT_OK(pipeline::CheckReads(session, planned.steps));
  const catalog::ZoneRoots roots = RootsOf(request.settings);
  RunReport report;
  const int64_t began_ms = NowMillis();
  options.run_id = NewUuid();
  const auto begin = std::chrono::steady_clock::now();
  if (takes && !options.plan) PL_RETURN_NOT_OK(IngestAll(session, request, &report));
  report.ingest_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!only_ingest) {
    if (!roots.empty() && !options.plan)
      PL_RETURN_NOT_OK(OpenOrMakeLake(session, request.lake, roots).status());
    if (!is_there) PL_RETURN_NOT_OK(pipeline::CheckReads(session, planned.steps));
    PL_ASSIGN_OR_RETURN(pipeline::StepsReport done,
                        pipeline::RunSteps(session, planned.steps, planned.checks, options));
    report.steps = std::move(done.steps);
    report.checks = std::move(done.checks);
    report.quarantined = done.quarantined;
    report.ended = done.ended;
  }
  const Status noted =
      options.plan ? Status::OK() : NoteRun(session, request, report, {options.run_id, began_ms});
  PL_RETURN_NOT_OK(report.ended);
  PL_RETURN_NOT_OK(noted);
  return report;
}

Result<std::string> RunGraph(const Session& session, const RunRequest& request, bool svg) {
  PL_ASSIGN_OR_RETURN(const Planned planned, PlannedOf(session, request));
  return svg ? pipeline::ToSvg(planned.steps) : pipeline::ToMermaid(planned.steps);
}

}  // namespace pixlake::engine
