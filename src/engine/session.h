// Sessions of work, with all that pixlake is made of registered.
#pragma once

#include <memory>

#include "base/result.h"
#include "session/registry.h"
#include "session/session.h"

namespace pixlake::engine {

using session::ReadableTable;
using session::ReadPolicy;
using session::Registry;
using session::Session;
using session::SessionOptions;

// Every format and every kernel, by name: the composition root. One for a process is enough;
// sessions share it.
Result<std::shared_ptr<Registry>> MakeRegistry();

// A session with a registry of its own. Errors as Session::Make.
Result<std::unique_ptr<Session>> MakeSession(SessionOptions options);

}  // namespace pixlake::engine
