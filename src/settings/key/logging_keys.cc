#include "settings/key/logging_keys.h"

#include "settings/logging.h"

namespace pixlake::settings {
namespace {

const std::vector<std::string> kLogLevels = {"debug", "info", "warning", "error", "off"};
constexpr double kMostLogMillis = 365'000.0 * 86'400'000;

}  // namespace

const std::vector<Key>& LoggingKeys() {
  using L = Logging;
  static const std::vector<Key> kKeys = {
      Kept(Key{.name = "level", .what = "the least that is written", .one_of = kLogLevels, .shown = true},
           &L::level),
      Kept(Key{.name = "modules",
               .type = KeyType::kTextMap,
               .what = "other levels, by the module's name",
               .one_of = kLogLevels,
               .example = "{ingest: warning, pipeline: debug}"},
           &L::modules),
      Kept(Key{.name = "format",
               .what = "`text`: a line for people; `json`: an object a line",
               .one_of = {"text", "json"},
               .shown = true},
           &L::format),
      Kept(Key{.name = "file", .what = "where lines go; a path, or `stderr`", .shown = true}, &L::file),
      Kept(Key{.name = "rotate_size",
               .type = KeyType::kSize,
               .what = "a file that would become larger ends, and a new one begins; 0: at no size",
               .least = 0,
               .most = 1099511627776.0},
           &L::rotate_bytes),
      Kept(Key{.name = "rotate_every",
               .type = KeyType::kDuration,
               .what = "so does one at the end of such a span (days by UTC); 0s: never",
               .least = 0,
               .most = kMostLogMillis},
           &L::rotate_every_ms),
      Kept(Key{.name = "keep",
               .type = KeyType::kInteger,
               .what = "ended files that are kept; 0: all",
               .least = 0,
               .most = 100'000},
           &L::keep),
      Kept(Key{.name = "keep_for",
               .type = KeyType::kDuration,
               .what = "ended files that are older go; 0s: however old",
               .least = 0,
               .most = kMostLogMillis},
           &L::keep_ms)};
  return kKeys;
}

}  // namespace pixlake::settings
