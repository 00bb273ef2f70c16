// Sinks by the scheme of what a person types.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "sink/sink.h"

namespace pixlake::sink {

// Opens the sink at `uri`, whose scheme is in lower case.
using SinkOpener =
    std::function<Result<std::unique_ptr<Sink>>(const std::string& uri, const SinkOptions& options)>;

// Which sinks there are. Filled once, by whoever composes the program; then thread-safe.
class SinkRegistry {
 public:
  // With postgresql, postgres and sqlite.
  SinkRegistry();

  // In place of an earlier one of that scheme ("kafka", lower case).
  void Register(const std::string& scheme, SinkOpener opener) { openers_[scheme] = std::move(opener); }

  // What is of no scheme registered here is a place in a store: a folder for JSON lines
  // ("out/", "s3://bucket/out"). kUsage and kUnsupported for what is no such place.
  Result<std::unique_ptr<Sink>> Open(const std::string& uri, const SinkOptions& options) const;

 private:
  std::map<std::string, SinkOpener> openers_;
};

// That of the kinds that come with pixlake.
const SinkRegistry& BuiltInSinks();

}  // namespace pixlake::sink
