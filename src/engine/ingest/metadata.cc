#include "engine/ingest/metadata.h"

#include <fmt/format.h>

#include "catalog/lake.h"

namespace pixlake::engine {

Result<ingest::DescribeReport> DescribeImages(const Session& session, const MetadataRequest& request) {
  const StopScope scope = session.Enter();
  if (request.success == request.failure) {
    return Error(
        ErrorCode::kUsage,
        fmt::format("--success and --failure are both '{}': give each a place of its own", request.success));
  }
  ingest::DescribeOptions options = request.options;
  options.memory = session.Plan(Work::kDescribe);
  options.on_images = session.Watch("Describing");
  options.threads = session.threads();
  options.kernels = &session.kernels();
  options.gate = [&session](const table::Table& table) { return session.GateFor(table); };
  options.local = session.local_options();
  if (catalog::ParseTableName(request.failure)) {
    return Error(ErrorCode::kUsage,
                 fmt::format("--failure {}: failures go to a folder or a database, not into the lake; write "
                             "./{} for a folder of that name",
                             request.failure, request.failure));
  }
  const bool of_lake = request.list == "raw.images";
  const auto table = catalog::ParseTableName(request.success);
  if (!table && !of_lake)
    return ingest::DescribeList(request.list, request.success, request.failure, options);
  if (table && request.success != "raw.metadata") {
    return Error(ErrorCode::kUsage,
                 fmt::format("--success {}: of a lake's tables only raw.metadata takes descriptions; write "
                             "./{} for a folder of that name",
                             request.success, request.success));
  }
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  options.format = session.new_table_format();
  options.lake = &lake;
  if (of_lake) return ingest::DescribeLakeImages(request.success, request.failure, options);
  return ingest::DescribeList(request.list, request.success, request.failure, options);
}

}  // namespace pixlake::engine
