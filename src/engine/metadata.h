// A list of images to what each says of itself (`pixlake metadata`).
#pragma once

#include <string>

#include "base/result.h"
#include "engine/engine.h"
#include "ingest/describe/describe_run.h"

namespace pixlake::engine {

struct MetadataRequest {
  std::string list;
  std::string success;
  std::string failure;
  ingest::DescribeOptions options;  // memory and threads are the engine's
};

Result<ingest::DescribeReport> DescribeImages(const Engine& engine, const MetadataRequest& request);

}  // namespace pixlake::engine
