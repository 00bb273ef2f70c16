// What single images say of themselves (`pixlake inspect`).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/places.h"
#include "fetch/content_stream.h"
#include "kernel/kernel.h"

namespace pixlake::engine {

struct Inspection {
  std::string place;
  std::string json;    // one object: "path", then what docs/metadata.md lists
  bool sound = false;  // the verdict is "ok"
  Status read;         // not OK: the bytes could not be had, which `json` says too
};

// Describes the image at each place (paths, file://, data:, http(s)://, s3://, gs://, hdfs://) and
// hands the answers on in the order of `places`. An image that is damaged, or no image at all, is
// described too. `judge` describes.
Status Inspect(const std::vector<Place>& places, const kernel::Kernel& judge, const kernel::Context& context,
               const fetch::ContentStreamOptions& options, const std::function<Status(Inspection)>& on_image);

}  // namespace pixlake::engine
