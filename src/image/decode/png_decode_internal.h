// What the pixels of a PNG and the frames behind them share.
#pragma once

#include <cstddef>

#include "image/decode/decode_internal.h"

struct spng_ctx;

namespace pixlake::image {

// A spng_read_fn: `size` bytes of the stream `from`, or an error of libspng.
using PngRead = int (*)(spng_ctx*, void* from, void* to, size_t size);

// The pixels of the one PNG that is read. Its kind is `task.header`'s; `task.bytes` is the
// file, for the places of what is missing.
Result<DecodeResult> DecodePngStream(PngRead read, void* from, const DecodeTask& task);

// The frames of an animation that follow the default image; frames: how many, 0 for a PNG
// that does not move.
Result<DecodeResult> DecodePngFrames(const DecodeTask& task);

}  // namespace pixlake::image
