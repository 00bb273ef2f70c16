// What was found out about one url, as the rows of a sink.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "image/facts.h"
#include "sink/sink.h"

namespace pixlake::ingest {

// How the bytes were had.
struct Provenance {
  std::string_view url;
  std::string_view filename;      // for what the name claims
  std::string_view id;            // SHA-256 in hex, where it is known before; may be empty
  std::string_view content_type;  // of an HTTP answer; empty: none
  int attempts = 1;
  int http_status = 0;        // 0: none
  bool fetched = false;       // over a network
  bool end_not_read = false;  // the server gives no ranges, so the end was not looked at
};

// Why there is nothing to say of an image.
struct FailureFacts {
  std::string_view code;  // a verdict's name or an error code's
  std::string_view message;
  int64_t offset = -1;
};

// The columns of a failure, the url first (docs/url-lists.md).
std::vector<sink::Column> FailureColumns();

struct Outputs {
  sink::Rows success;
  sink::Rows failure;
  bool success_values = false;
  bool success_facts = false;  // behind the values what raw.metadata has and sinks have not
  bool failure_values = false;
  std::string last_code;  // of the failure added last
};

// Adds one row to `success` or to `failure` of what was found out about the bytes; true for a
// success. `id` is the SHA-256 in hex, empty when the bytes were not read whole. Values are made
// only for those that want them.
bool AddAnswer(const Provenance& from, std::span<const uint8_t> bytes, std::string_view id,
               const image::Answer& answer, Outputs* outputs);

void AddFailure(const Provenance& from, const FailureFacts& why, Outputs* outputs);

}  // namespace pixlake::ingest
