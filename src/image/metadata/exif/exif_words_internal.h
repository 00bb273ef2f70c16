// What the codes of TIFF, Exif and GPS mean.
#pragma once

#include <cstdint>
#include <string_view>

#include "image/metadata/exif/exif.h"

namespace pixlake::image {

// As exiftool words them, in ASCII without quotes or backslashes; empty: not one of the tag's codes.
std::string_view WordsOfCode(IfdKind kind, uint16_t tag, int64_t code);
// The same of a text's first character ("N"), or of all of it ("R98").
std::string_view WordsOfText(IfdKind kind, uint16_t tag, std::string_view code);

}  // namespace pixlake::image
