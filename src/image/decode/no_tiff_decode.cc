// In place of tiff_decode.cc where libtiff could not be built.
#include "image/decode/decode_internal.h"

namespace pixlake::image {

Result<DecodeResult> DecodeTiff(const DecodeTask&) {
  return DecodeResult{
      {Verdict::kUnsupported, -1, "this build of pixlake has no libtiff to decode TIFF files with"}, 0};
}

}  // namespace pixlake::image
