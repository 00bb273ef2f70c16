#include "engine/metadata.h"

#include <fmt/format.h>

namespace pixlake::engine {

Result<ingest::DescribeReport> DescribeImages(const Engine& engine, const MetadataRequest& request) {
  if (request.success == request.failure) {
    return Error(
        ErrorCode::kUsage,
        fmt::format("--success and --failure are both '{}': give each a place of its own", request.success));
  }
  ingest::DescribeOptions options = request.options;
  options.memory_bytes = engine.memory_bytes();
  options.threads = engine.threads();
  options.local.sync = engine.sync();
  return ingest::DescribeList(request.list, request.success, request.failure, options);
}

}  // namespace pixlake::engine
