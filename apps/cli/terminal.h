// What standard output can show.
#pragma once

#include "engine/ingest/mnist_to_delta.h"

namespace pixlake::cli {

// Half-blocks in colour where the terminal says it can, plain characters elsewhere.
engine::TextPictures PicturesFor(bool json);

// Width of the terminal; 100 when there is none.
int OutputColumns();

}  // namespace pixlake::cli
