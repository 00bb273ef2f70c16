// What we say of an image that comes from outside (B3, design section 7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pixlake::image {

// The closed list. Stable: tables, JSON and users' code carry the names of VerdictName.
enum class Verdict {
  kOk,
  kEmpty,        // no bytes
  kTruncated,    // "truncated_at": the format says there is more than there is
  kBomb,         // more pixels than the budget allows
  kCorrupt,      // breaks its format
  kUnsupported,  // a well-formed kind that we do not read
  kMislabelled,  // the name says image, the bytes are none that we know
  kUnreadable,   // the bytes could not be had
};

// "ok", "empty", "truncated_at", "bomb", "corrupt", "unsupported", "mislabelled", "unreadable".
std::string_view VerdictName(Verdict verdict);

// The other direction; nullopt for a name that is none of these.
std::optional<Verdict> VerdictFromName(std::string_view name);

// A verdict with its reason.
struct Judgement {
  Verdict verdict = Verdict::kOk;
  int64_t offset = -1;  // byte at which it was seen; -1: no one place
  std::string message;  // empty when ok
};

}  // namespace pixlake::image
