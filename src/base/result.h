// Errors. Everything inside returns arrow::Status or arrow::Result; the domain
// code and whether a retry may help travel in a StatusDetail.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/result.h>
#include <arrow/status.h>

namespace pixlake {

using arrow::Status;
template <typename T>
using Result = arrow::Result<T>;

// What went wrong, in the product's own terms. Stable: the CLI prints the name
// (`CodeName`) in `--json` output.
enum class ErrorCode {
  kInternal,            // a bug of ours
  kUsage,               // wrong arguments
  kNotFound,            // file, table, version or row that is not there
  kAlreadyExists,       // put-if-absent lost, or a table is in the way
  kIo,                  // the store failed; may work later
  kPermission,          // the store refused
  kNoSpace,             // disk full or quota reached
  kCorrupt,             // bytes that break their format
  kChecksum,            // bytes that are not the ones promised
  kUnsupported,         // well-formed, but a feature we do not have
  kSchemaMismatch,      // rows that do not fit the table
  kCommitConflict,      // another writer won and a rebase is not allowed
  kCommitStateUnknown,  // the put was sent, its answer never came
  kUnauthorised,        // the principal may not
  kOverBudget,          // memory, pixels or time
  kCancelled,           // SIGINT or SIGTERM
};

// Lower-case words with underscores: "commit_conflict".
std::string_view CodeName(ErrorCode code);

// Builds an error. `message` says what was being done, on what (URI, row, byte),
// what was found and expected, and what to do next if known.
Status Error(ErrorCode code, std::string message);

// The domain code of a failed status; statuses that Arrow made are mapped to the
// nearest code. Must not be called on OK.
ErrorCode CodeOf(const Status& status);

// True when the same call may succeed later with nothing changed.
bool RetryHelps(const Status& status);

// The same error with "`context`: " in front; keeps code and detail.
Status WithContext(const Status& status, std::string_view context);

// errno turned into an error: "`action` `path`: No space left on device".
Status ErrnoError(int errno_value, std::string_view action, std::string_view path);

}  // namespace pixlake

#define PIXLAKE_CONCAT_(x, y) x##y
#define PIXLAKE_CONCAT(x, y) PIXLAKE_CONCAT_(x, y)

// Returns early on a failed Status or Result.
#define PL_RETURN_NOT_OK(expr) ARROW_RETURN_NOT_OK(expr)
#define PL_ASSIGN_OR_RETURN(lhs, rexpr) ARROW_ASSIGN_OR_RAISE(lhs, rexpr)
