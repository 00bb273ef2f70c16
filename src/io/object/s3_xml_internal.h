// What S3 answers, out of its XML.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pixlake::io {

struct S3Answer {
  struct Object {
    std::string key;
    int64_t size = 0;
    int64_t modified_ms = 0;
    std::string etag;
  };
  std::vector<Object> objects;
  std::vector<std::string> prefixes;
  std::string next_token;
  std::string upload_id;
  std::string error_code;  // of an <Error>
};

// ListObjectsV2, InitiateMultipartUpload, CompleteMultipartUpload or Error. kCorrupt for what is
// no XML.
Result<S3Answer> ParseS3Answer(std::string_view xml);

}  // namespace pixlake::io
