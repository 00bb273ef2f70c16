// Images that checks put in quarantine: rows of raw.quarantine that follow from processed.validated.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "catalog/lake.h"
#include "session/session.h"

#include "pipeline/check/checks.h"

namespace pixlake::pipeline {

struct CheckQuarantine {
  int64_t added = 0;
  int64_t removed = 0;  // of images that pass by now, or that are no more
};

// A row an image that fails checks of severity `quarantine`: its verdict is `check:` and the first one's
// name, its message says what each found; its bytes stay in raw.images. In one commit, that notes of which
// version of processed.validated the rows are: nothing is read again until there is another.
Result<CheckQuarantine> SyncCheckQuarantine(const session::Session& session, const catalog::Lake& lake,
                                            const Checks& checks, int64_t now_us);

}  // namespace pixlake::pipeline
