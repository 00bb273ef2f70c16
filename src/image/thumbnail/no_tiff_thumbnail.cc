// In place of tiff_thumbnail.cc where libtiff could not be built.
#include "image/thumbnail/thumbnail_internal.h"

namespace pixlake::image {

Result<RgbImage> ThumbnailOfTiff(const ThumbnailTask&) {
  return Error(ErrorCode::kUnsupported, "this build of pixlake has no libtiff to decode TIFF files with");
}

}  // namespace pixlake::image
