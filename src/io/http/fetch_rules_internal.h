// What HTTP says of a URL and of an answer's status.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace pixlake::io {

// Scheme, host and port of a URL, which is brought into its normal form; kUnsupported with
// why it is none that can be fetched.
Result<std::string> HostOf(std::string* url);

// What follows the host: "/a/b?c".
std::string_view PathOf(std::string_view url);

// What an answer with this status is to whoever asked.
ErrorCode CodeOfStatus(int status);

// Another try may have another answer.
bool MayPass(int status);

}  // namespace pixlake::io
