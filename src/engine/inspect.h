// What single image files say of themselves (`pixlake inspect`).
#pragma once

#include <string>

#include "base/result.h"

#include "kernel/kernel.h"

namespace pixlake::engine {

struct Inspection {
  std::string json;    // one object: "path", then what docs/metadata.md lists
  bool sound = false;  // the verdict is "ok"
};

// Reads one local image file and describes it. An image that is damaged, or no image at
// all, is described too; an error is only that the file cannot be read (kNotFound,
// kPermission, kIo) or is no ordinary file (kUnsupported). Small files are read, large ones mapped: no
// more of them than the headers is then read from the disk, unless all pixels are decoded.
// `judge` describes, too.
Result<Inspection> InspectFile(const std::string& path, const kernel::Kernel& judge,
                               const kernel::Context& context);

// The object for a file that could not be read: path, verdict "unreadable", message.
std::string UnreadableJson(const std::string& path, const Status& status);

}  // namespace pixlake::engine
