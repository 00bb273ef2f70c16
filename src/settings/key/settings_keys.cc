#include "settings/key/settings_keys.h"

#include "settings/key/check_kinds.h"

namespace pixlake::settings {
namespace {

constexpr double kMostMillis = 365'000.0 * 86'400'000;  // a thousand years
constexpr double kMostBytes = 9007199254740992.0;       // 8192TB; exact as a double

std::vector<Key> StorageKeys() {
  const auto root = [](std::string name, std::string what, std::string Storage::*member) {
    return Kept(Key{.name = std::move(name), .what = std::move(what), .form = TextForm::kPath, .shown = true},
                member);
  };
  return {root("raw_path", "where the originals and what is known of them are", &Storage::raw_path),
          root("processed_path", "where validated and enriched tables are", &Storage::processed_path),
          root("curated_path", "where tables for analysts are", &Storage::curated_path)};
}

std::vector<Key> SparkKeys() {
  return {
      Kept(Key{.name = "app_name", .what = "name of the application", .shown = true}, &Spark::app_name),
      Kept(Key{.name = "master", .what = "URL of the cluster, or `local[*]`", .shown = true}, &Spark::master),
      Kept(Key{.name = "conf",
               .type = KeyType::kTextMap,
               .what = "Spark's own properties",
               .example = "{spark.executor.memory: 4g}"},
           &Spark::conf)};
}

std::vector<Key> ProcessingKeys() {
  using P = Processing;
  return {Kept(Key{.name = "batch_size",
                   .type = KeyType::kInteger,
                   .what = "images that a step works on at once",
                   .least = 1,
                   .most = 1'000'000,
                   .shown = true},
               &P::batch_size),
          Kept(Key{.name = "max_retries",
                   .type = KeyType::kInteger,
                   .what = "tries of a batch that failed, after the first",
                   .least = 0,
                   .most = 100,
                   .shown = true},
               &P::max_retries),
          Kept(Key{.name = "memory",
                   .type = KeyType::kSize,
                   .what = "most memory to use; 0: a quarter of the machine's",
                   .least = 0,
                   .most = kMostBytes,
                   .example = "1GB"},
               &P::memory_bytes),
          Kept(Key{.name = "threads",
                   .type = KeyType::kInteger,
                   .what = "threads to use; 0: one a core",
                   .least = 0,
                   .most = 1024},
               &P::threads),
          Kept(Key{.name = "check",
                   .what = "`header`: what headers tell; `full`: every pixel is decoded",
                   .one_of = {"header", "full"}},
               &P::check),
          Kept(Key{.name = "sandbox",
                   .what = "which images are decoded in processes that can do nothing else",
                   .one_of = {"fetched", "always", "never"}},
               &P::sandbox),
          Kept(Key{.name = "max_pixels",
                   .type = KeyType::kInteger,
                   .what = "images of more pixels a frame are bombs",
                   .least = 1,
                   .most = 1099511627776.0},
               &P::max_pixels),
          Kept(Key{.name = "max_time",
                   .type = KeyType::kDuration,
                   .what = "images that take longer to decode are bombs",
                   .least = 1,
                   .most = 86'400'000},
               &P::max_millis)};
}

std::vector<Key> IoKeys() {
  return {Kept(Key{.name = "requests",
                   .type = KeyType::kInteger,
                   .what = "requests at once, to all stores and servers",
                   .least = 1,
                   .most = 4096},
               &Io::requests),
          Kept(Key{.name = "requests_per_host",
                   .type = KeyType::kInteger,
                   .what = "requests at once to one host",
                   .least = 1,
                   .most = 4096},
               &Io::requests_per_host),
          Kept(Key{.name = "attempts",
                   .type = KeyType::kInteger,
                   .what = "tries of one request on what may pass",
                   .least = 1,
                   .most = 20},
               &Io::attempts),
          Kept(Key{.name = "read_ahead",
                   .type = KeyType::kSize,
                   .what = "what is read of a file before it is asked for",
                   .least = 0,
                   .most = 1073741824.0},
               &Io::read_ahead_bytes),
          Kept(Key{.name = "bandwidth",
                   .type = KeyType::kSize,
                   .what = "most bytes a second, over networks; 0: no limit",
                   .least = 0,
                   .most = kMostBytes,
                   .example = "50MB"},
               &Io::bandwidth_bytes_per_s)};
}

std::vector<Key> SourceKeys() {
  using S = Source;
  const auto flag = [](std::string name, std::string what, bool S::*member) {
    return Kept(Key{.name = std::move(name), .type = KeyType::kBoolean, .what = std::move(what)}, member);
  };
  return {Kept(Key{.name = "path",
                   .what = "folder, file, pattern, archive, list, URL or prefix of a store (`s3://`, "
                           "`gs://`, `hdfs://`)",
                   .form = TextForm::kPath,
                   .required = true,
                   .example = "photos"},
               &S::path),
          Kept(Key{.name = "label",
                   .what = "`none`, `folder` (the name of the folder a file is in), or a list's column"},
               &S::label),
          Kept(Key{.name = "include",
                   .type = KeyType::kTexts,
                   .what = "only files that match one of these patterns",
                   .example = "['*.jpg', '2024/**']"},
               &S::include),
          Kept(Key{.name = "exclude",
                   .type = KeyType::kTexts,
                   .what = "not the files that match one of these",
                   .example = "['**/thumbs/**']"},
               &S::exclude),
          Kept(Key{.name = "url_column", .what = "`path` is a .csv or .tsv, and this its column of places"},
               &S::url_column),
          Kept(Key{.name = "quote",
                   .what = "of a list: `csv` values may be in quotes, `none` a quote is a letter, `auto` "
                           "none with tabs",
                   .one_of = {"auto", "none", "csv"}},
               &S::quote),
          flag("hidden", "also names that begin with a dot", &S::hidden),
          flag("follow_symlinks", "also what symbolic links lead to", &S::follow_symlinks),
          flag("allow_private", "fetch from addresses that are not public, too", &S::allow_private),
          flag("obey_robots", "ask servers for robots.txt", &S::obey_robots),
          flag("enabled", "false: left out, and what it gave stays", &S::enabled)};
}

std::vector<Key> CheckKeys() {
  Key severity{.name = "severity",
               .what =
                   "`warn` told only, `drop` the row is left out, `quarantine` the row goes there, `stop` "
                   "the run ends",
               .one_of = {"warn", "drop", "quarantine", "stop"}};
  severity.set = [](void* object, const Value& value) {
    const auto& name = std::get<std::string>(value);
    for (const Severity one : {Severity::kWarn, Severity::kDrop, Severity::kQuarantine, Severity::kStop}) {
      if (SeverityName(one) == name) static_cast<Check*>(object)->severity = one;
    }
  };
  severity.get = [](const void* object) -> Value {
    return std::string(SeverityName(static_cast<const Check*>(object)->severity));
  };
  std::vector<std::string> kinds;
  for (const Kind& kind : CheckKinds()) kinds.push_back(kind.name);
  return {
      Kept(Key{.name = "kind",
               .what = "what is asked",
               .one_of = std::move(kinds),
               .required = true,
               .example = "format"},
           &Check::kind),
      Kept(Key{.name = "name",
               .what = "what results are called; the kind, when not given",
               .form = TextForm::kName},
           &Check::name),
      std::move(severity),
      Kept(Key{.name = "table", .what = "`images`: those on their way in; else a table, as zone.name"},
           &Check::table),
      Kept(Key{.name = "description", .what = "for people"}, &Check::description),
      Kept(Key{.name = "enabled", .type = KeyType::kBoolean, .what = "false: not asked"}, &Check::enabled)};
}

std::vector<Key> StepKeys() {
  return {
      Kept(Key{.name = "name",
               .what = "what the step is called; the name of one that pixlake has switches that off or sets "
                       "its parameters",
               .form = TextForm::kName,
               .required = true,
               .example = "cameras"},
           &Step::name),
      Kept(Key{.name = "inputs",
               .type = KeyType::kTexts,
               .what = "tables that it reads, as zone.name",
               .form = TextForm::kTableName,
               .example = "[raw.metadata]"},
           &Step::inputs),
      Kept(Key{.name = "kernel", .what = "what is done to each image, one of `pixlake kernels`; or `sql`"},
           &Step::kernel),
      Kept(Key{.name = "parameters",
               .type = KeyType::kScalarMap,
               .what = "of the kernel, or of a step that pixlake has"},
           &Step::parameters),
      Kept(Key{.name = "sql",
               .what = "a query over the inputs; or `kernel`",
               .example = "SELECT make, model, count(*) AS images FROM raw.metadata GROUP BY ALL"},
           &Step::sql),
      Kept(Key{.name = "output",
               .what = "the table it fills, as zone.name",
               .form = TextForm::kTableName,
               .example = "curated.cameras"},
           &Step::output),
      Kept(Key{.name = "key", .what = "the column that tells rows of the output apart"}, &Step::key),
      Kept(Key{.name = "description", .what = "for people"}, &Step::description),
      Kept(Key{.name = "enabled", .type = KeyType::kBoolean, .what = "false: left out"}, &Step::enabled)};
}

template <typename T>
Key Every(int64_t T::*member) {
  return Kept(Key{.name = "every",
                  .type = KeyType::kDuration,
                  .what = "how often at most; 0s: never",
                  .least = 0,
                  .most = kMostMillis},
              member);
}

std::vector<Key> MaintenanceKeys() {
  using M = Maintenance;
  return {
      KeptGroup("optimize", &M::optimize,
                {Every(&M::Optimize::every_ms), Kept(Key{.name = "target_size",
                                                         .type = KeyType::kSize,
                                                         .what = "size of the files that small ones become",
                                                         .least = 1048576,
                                                         .most = 17179869184.0},
                                                     &M::Optimize::target_file_bytes)},
                "small files become larger ones"),
      KeptGroups("zorder", &M::zorder,
                 {Kept(Key{.name = "table",
                           .what = "the table, as zone.name",
                           .form = TextForm::kTableName,
                           .required = true,
                           .example = "raw.metadata"},
                       &M::Zorder::table),
                  Kept(Key{.name = "columns",
                           .type = KeyType::kTexts,
                           .what = "rows that are near in these lie near each other",
                           .required = true,
                           .example = "[taken_at]"},
                       &M::Zorder::columns)},
                 "tables whose rows are arranged when they are optimized"),
      KeptGroup("vacuum", &M::vacuum,
                {Every(&M::Vacuum::every_ms), Kept(Key{.name = "retention",
                                                       .type = KeyType::kDuration,
                                                       .what = "how long what left a table can still be read",
                                                       .least = 0,
                                                       .most = kMostMillis},
                                                   &M::Vacuum::retention_ms)},
                "files that no table needs any more go"),
      KeptGroup("statistics", &M::statistics, {Every(&M::Statistics::every_ms)},
                "statistics of columns, by which files are skipped"),
      KeptGroup("cache", &M::cache,
                {Kept(Key{.name = "max_age",
                          .type = KeyType::kDuration,
                          .what = "what was not used for so long goes",
                          .least = 0,
                          .most = kMostMillis},
                      &M::Cache::max_age_ms)},
                "results that are kept for the next query")};
}

std::vector<Key> MetricsKeys() {
  return {Kept(Key{.name = "file",
                   .what = "a Prometheus text file that every run and upkeep writes anew, as node_exporter's "
                           "textfile collector reads it",
                   .form = TextForm::kPath,
                   .example = "/var/lib/node_exporter/pixlake.prom"},
               &Metrics::file)};
}

std::vector<Key> ScheduleKeys() {
  return {
      Kept(Key{.name = "name",
               .what = "what it is called",
               .form = TextForm::kName,
               .required = true,
               .example = "hourly"},
           &Schedule::name),
      Kept(Key{.name = "command", .what = "what is done", .one_of = {"run", "maintain"}}, &Schedule::command),
      Kept(Key{.name = "every",
               .type = KeyType::kDuration,
               .what = "how often; or `at`",
               .least = 1000,
               .most = kMostMillis,
               .example = "1h"},
           &Schedule::every_ms),
      Kept(Key{.name = "at",
               .what = "when each day (UTC), as 03:30; or `every`",
               .form = TextForm::kTimeOfDay},
           &Schedule::at),
      Kept(Key{.name = "steps",
               .type = KeyType::kTexts,
               .what = "of `run` steps, of `maintain` tables: these alone; all, when not given"},
           &Schedule::steps)};
}

}  // namespace

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kWarn:
      return "warn";
    case Severity::kDrop:
      return "drop";
    case Severity::kQuarantine:
      return "quarantine";
    case Severity::kStop:
      return "stop";
  }
  return "";
}

const std::vector<Key>& SettingsKeys() {
  static const std::vector<Key> kKeys = [] {
    Key checks = KeptGroups("checks", &Settings::checks, CheckKeys(), "what images and tables must be like");
    checks.kinds = &CheckKinds();
    std::vector<Key> keys;
    keys.push_back(
        KeptGroup("storage", &Settings::storage, StorageKeys(),
                  "where the lake is: folders, or prefixes of stores (`s3://`, `gs://`, `hdfs://`)"));
    keys.push_back(KeptGroup("spark", &Settings::spark, SparkKeys(), "how steps that run on Spark find it"));
    keys.push_back(
        KeptGroup("processing", &Settings::processing, ProcessingKeys(), "how images are worked on"));
    keys.push_back(KeptGroup("io", &Settings::io, IoKeys(), "how stores and servers are read and written"));
    keys.push_back(KeptGroups("sources", &Settings::sources, SourceKeys(), "where images come from"));
    keys.push_back(std::move(checks));
    keys.push_back(KeptGroups("steps", &Settings::steps, StepKeys(),
                              "steps of one's own, and which of pixlake's are left out"));
    keys.push_back(
        KeptGroup("maintenance", &Settings::maintenance, MaintenanceKeys(), "what keeps tables in order"));
    keys.push_back(KeptGroup("metrics", &Settings::metrics, MetricsKeys(), "numbers for whoever watches"));
    keys.push_back(KeptGroups("schedules", &Settings::schedules, ScheduleKeys(), "when it is done"));
    return keys;
  }();
  return kKeys;
}

}  // namespace pixlake::settings
