// What people ask photographs for, out of all that an image says of itself.
#pragma once

#include <optional>

#include "image/facts.h"
#include "image/metadata/metadata.h"

namespace pixlake::image {

// Exif counts; XMP, IPTC and PNG's texts stand in for what Exif lacks. What cannot be (0/0, a
// negative exposure, the 31st of April) is as if it were not there. Pure, never throws for what
// the bytes say, and takes time linear in what ReadMetadata kept.
CommonFacts CommonFactsOf(const ImageMetadata& metadata);

// Exif's position, and XMP's for what of it Exif lacks; nullopt when there is neither.
std::optional<GpsPosition> PositionOf(const ImageMetadata& metadata);

}  // namespace pixlake::image
