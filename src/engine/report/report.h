// What checks said, as one HTML page.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "engine/session.h"

namespace pixlake::engine {

struct ReportRequest {
  std::string output;  // a file; "-": the session's output
  int max_side = 144;  // of a picture, in pixels
  int most_of_a_check = 12;
  int most_pictures = 60;
  int64_t most_bytes = int64_t{6} << 20;  // of all pictures, as they stand in the page
};

struct ReportSummary {
  int64_t checks = 0;
  int64_t failing = 0;
  int64_t pictures = 0;
  int64_t bytes = 0;  // of the page
};

// The results of the lake's checks, newest of each, their history, and pictures of images that fail. The page
// needs nothing but itself: no script, no network, and its policy (CSP) forbids both. Names and values are
// whatever somebody wrote; they are text in it. kNotFound when no check was asked yet.
Result<ReportSummary> WriteReport(const Session& session, const ReportRequest& request);

}  // namespace pixlake::engine
