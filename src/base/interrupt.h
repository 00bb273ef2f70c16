// SIGINT and SIGTERM as a question that long work asks now and then.
#pragma once

#include "base/result.h"

namespace pixlake {

// Installs handlers for SIGINT and SIGTERM that set a flag; a second signal ends
// the process at once (safe: nothing uncommitted is ever visible). Call once from
// main, before threads start.
void HandleInterrupts();

// True once a signal came. Cheap enough to ask in every loop.
bool Interrupted();

// kCancelled once a signal came, else OK.
Status CheckInterrupt();

// The signal that came (SIGINT or SIGTERM), or 0.
int InterruptSignal();

}  // namespace pixlake
