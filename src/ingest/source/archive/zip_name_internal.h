// What the bytes of a zip member's name stand for.
#pragma once

#include <string>

namespace pixlake::ingest {

// APPNOTE appendix D: a name that does not say it is UTF-8 is in IBM's code page 437, as zipfile
// and unzip read it. Many writers leave UTF-8 unsaid, so what is UTF-8 is taken for it.
std::string ZipName(std::string raw);

}  // namespace pixlake::ingest
