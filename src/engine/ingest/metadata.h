// A list of images to what each says of itself (`pixlake metadata`).
#pragma once

#include <string>

#include "base/result.h"
#include "engine/session.h"
#include "ingest/describe/describe.h"

namespace pixlake::engine {

struct MetadataRequest {
  // Path or URI of a list, "-" for one that comes by standard input, a folder of images, an image,
  // or "raw.images" of the engine's lake.
  std::string list;
  std::string success;              // a sink's URI, or "raw.metadata" of the engine's lake
  std::string failure;              // empty: a place beside the successes
  ingest::DescribeOptions options;  // memory, threads and lake are the engine's
};

// Puts into the request where failures went.
Result<ingest::DescribeReport> DescribeImages(const Session& session, MetadataRequest* request);

}  // namespace pixlake::engine
