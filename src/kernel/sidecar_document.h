// Files that lie beside images and say something of them: JSON and YAML, as one JSON text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "image/verdict.h"

namespace pixlake::kernel {

struct SidecarDocument {
  image::Judgement judgement;
  std::string json;  // of a sound one
};

// By the name's ending .json, .yaml or .yml, any case
bool IsSidecarName(std::string_view filename);

// JSON (RFC 8259) is minified, its numbers as they were written. YAML (1.2, core schema) becomes JSON: keys
// as texts, what is quoted a text, .inf and .nan texts too. kCorrupt for what does not parse and for bytes
// that are no UTF-8; kUnsupported for more than 1 MiB, 64 levels, 100,000 values (aliases count as often as
// they are used), 4 MiB of JSON, and for several YAML documents in one file. Of another
// name it is JSON where that parses, else YAML. Thread-safe.
SidecarDocument ReadSidecar(std::span<const uint8_t> bytes, std::string_view filename);

}  // namespace pixlake::kernel
