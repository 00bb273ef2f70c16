// SIGINT and SIGTERM as a stop token, for a process whose only session is its command's.
#pragma once

#include "base/stop/stop_token.h"

namespace pixlake {

// Installs handlers for SIGINT and SIGTERM that set a flag; a second signal ends
// the process at once (safe: nothing uncommitted is ever visible). Call once from
// main, before threads start.
void HandleInterrupts();

// Stops once a signal came. For apps: what is below them asks the token it was given.
StopToken ProcessStopToken();

// The signal that came (SIGINT or SIGTERM), or 0.
int InterruptSignal();

}  // namespace pixlake
