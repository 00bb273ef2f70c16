// A list of images to what each says of itself (`pixlake metadata`).
#pragma once

#include <string>

#include "base/result.h"
#include "engine/session.h"
#include "ingest/describe/describe.h"

namespace pixlake::engine {

struct MetadataRequest {
  std::string list;     // path or URI of a list, or "raw.images" of the engine's lake
  std::string success;  // a sink's URI, or "raw.metadata" of the engine's lake
  std::string failure;
  ingest::DescribeOptions options;  // memory, threads and lake are the engine's
};

Result<ingest::DescribeReport> DescribeImages(const Session& session, const MetadataRequest& request);

}  // namespace pixlake::engine
