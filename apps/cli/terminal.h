// What standard output can show.
#pragma once

#include "engine/ingest/mnist_to_delta.h"

namespace pixlake::cli {

// Half-blocks in colour where the terminal says it can, plain characters in other terminals, nothing
// in pipes and files.
engine::TextPictures PicturesFor(bool json);

// Neither NO_COLOR (https://no-color.org) nor a terminal that knows none says otherwise.
bool ColoursWanted();

// Width of the terminal; 80 when there is none, and 24 lines.
int ColumnsOf(int descriptor);
int OutputColumns();
int OutputLines();
// The same where there is a terminal; 0, for no limit, in pipes and files: nothing is cut there.
int TerminalColumns();

}  // namespace pixlake::cli
