// config/settings.yaml as values: what `pixlake run` is told of a lake, from its sources to its
// schedules. Reading it is read/read_settings.h; which keys there are is key/settings_keys.cc.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pixlake::settings {

// Where something stands in the file, counted from 1, columns in characters; 0: not in the file.
struct Place {
  int line = 0;
  int column = 0;
};

// As kernel::ParameterValue.
using Scalar = std::variant<bool, int64_t, double, std::string>;
// Corners as [longitude, latitude] in degrees; the last is joined to the first.
using Polygon = std::vector<std::array<double, 2>>;
// What a key may hold. Nothing: it was not given and has no default.
using Value = std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<std::string>,
                           std::vector<int64_t>, Polygon, std::map<std::string, std::string>,
                           std::map<std::string, Scalar>>;

// The three roots of the lake: absolute folders, or URIs as they were written.
struct Storage {
  std::string raw_path = "raw";
  std::string processed_path = "processed";
  std::string curated_path = "curated";
};

struct Spark {
  std::string app_name = "pixlake";
  std::string master = "local[*]";
  std::map<std::string, std::string> conf;
};

struct Processing {
  int64_t batch_size = 1000;              // images
  int64_t max_retries = 3;                // of a batch that failed, after the first try
  int64_t memory_bytes = 0;               // 0: the command's default
  int64_t threads = 0;                    // 0: one a core
  std::string check = "header";           // image::CheckLevel by name: header, full
  std::string sandbox = "fetched";        // what is decoded in confined processes: fetched, always, never
  int64_t max_pixels = int64_t{1} << 29;  // of a frame
  int64_t max_millis = 60'000;            // of decoding one image
};

// How stores and servers are read and written.
struct Io {
  int64_t requests = 128;          // at once
  int64_t requests_per_host = 16;  // at once, to one host
  int64_t attempts = 4;            // of one request, on what may pass
  int64_t read_ahead_bytes = int64_t{8} << 20;
  int64_t bandwidth_bytes_per_s = 0;  // 0: no limit
};

// As ingest::SourceOptions.
struct Source {
  std::string path;            // absolute, or a URI; a folder, file, pattern, archive, list, prefix
  std::string label = "none";  // "none", "folder" or the name of a list's column
  std::vector<std::string> include, exclude;
  std::string url_column;      // not empty: a list, and this its column of places
  std::string quote = "auto";  // of a list: auto, none, csv
  bool hidden = false;
  bool follow_symlinks = false;
  bool allow_private = false;  // addresses that are not public may be fetched from
  bool obey_robots = true;
  bool enabled = true;
  Place place;
};

enum class Severity {
  kWarn,        // the row stays, the result is told
  kDrop,        // the row is left out
  kQuarantine,  // the row goes to quarantine with the check's name
  kStop,        // the run ends, nothing of the batch is committed
};
// "warn", "drop", "quarantine", "stop".
std::string_view SeverityName(Severity severity);

struct Check {
  std::string name;  // the kind's, when none was given; unique
  std::string kind;  // one of CheckKinds() (key/check_kinds.h)
  // What was given and what has a default, by the kind's names. Durations are in milliseconds.
  std::map<std::string, Value> parameters;
  Severity severity = Severity::kWarn;
  // "images": those on their way in. Else the table, as zone.name.
  std::string table = "images";
  std::string description;
  bool enabled = true;
  Place place;
};

// A step of one's own has a kernel or SQL, inputs and an output. One that has none of these is said of
// a step that pixlake has: that it is off, or its parameters.
struct Step {
  std::string name;                 // unique
  std::vector<std::string> inputs;  // tables, as zone.name
  std::string kernel;               // one of `pixlake kernels`
  std::map<std::string, Scalar> parameters;
  std::string sql;
  std::string output;  // a table, as zone.name
  std::string key;     // the column that tells rows of the output apart
  std::string description;
  std::optional<bool> enabled;
  Place place;
  bool own() const { return !kernel.empty() || !sql.empty(); }
};

// What `pixlake maintain` does, and how often at most. 0 for `every`: never.
struct Maintenance {
  struct Optimize {
    int64_t every_ms = 86'400'000;
    int64_t target_file_bytes = int64_t{256} << 20;
  } optimize;
  struct Zorder {
    std::string table;
    std::vector<std::string> columns;
    Place place;
  };
  std::vector<Zorder> zorder;
  struct Vacuum {
    int64_t every_ms = 86'400'000;
    int64_t retention_ms = 604'800'000;
  } vacuum;
  struct Statistics {
    int64_t every_ms = 604'800'000;
  } statistics;
  struct Cache {
    int64_t max_age_ms = 2'592'000'000;
  } cache;
};

struct Metrics {
  std::string file;  // absolute, or a URI; empty: none
};

// One entry of `schedules`: `every` or `at`, not both.
struct Schedule {
  std::string name;
  std::string command = "run";     // run, maintain
  int64_t every_ms = 0;            // 0: `at` says when
  std::string at;                  // "03:30", UTC, each day
  std::vector<std::string> steps;  // empty: all
  Place place;
};

struct Settings {
  std::string file;  // as it was given
  std::string root;  // absolute: the folder that holds config/, else the file's own
  Storage storage;
  Spark spark;
  Processing processing;
  Io io;
  std::vector<Source> sources;
  std::vector<Check> checks;
  std::vector<Step> steps;
  Maintenance maintenance;
  Metrics metrics;
  std::vector<Schedule> schedules;

  // Where each key that was given stands ("steps[2].kernel", counted from 0), and which values came from the
  // environment, so that nobody prints them.
  std::map<std::string, Place> places;
  std::set<std::string> from_environment;

  // "config/settings.yaml:12:3: steps[2].kernel", for what only a later stage can find wrong.
  std::string Where(const std::string& key) const;
};

}  // namespace pixlake::settings
