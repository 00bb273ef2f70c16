// Lakes, and images into them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/session.h"
#include "ingest/lake/lake_ingest.h"

namespace pixlake::engine {

struct LakeSummary {
  std::string path;
  std::vector<std::string> tables;  // by name, those of its own that are there
};

// Makes a lake with its raw tables where there is none yet.
Result<LakeSummary> InitLake(const Session& session, const std::string& uri);
// The lake, made where there is none yet. kUsage when it is there and its zones are elsewhere than `roots`
// say, if they say anything.
Result<catalog::Lake> OpenOrMakeLake(const Session& session, const std::string& uri,
                                     const catalog::ZoneRoots& roots);

struct IngestRequest {
  std::vector<std::string> sources;
  std::string lake;          // made when missing
  catalog::ZoneRoots roots;  // where its zones are; empty: in it, or where it has them
  std::string table = "raw.images";
  ingest::LakeIngestOptions options;  // memory and threads are the engine's
  bool describe_known = false;        // with `examine.describe`: also what the lake had before
};

Result<ingest::LakeIngestReport> Ingest(const Session& session, const IngestRequest& request);

}  // namespace pixlake::engine
