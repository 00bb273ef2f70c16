#include "base/result.h"

#include <cerrno>
#include <cstring>
#include <memory>

namespace pixlake {
namespace {

constexpr char kDetailTypeId[] = "pixlake::ErrorDetail";

class ErrorDetail : public arrow::StatusDetail {
 public:
  explicit ErrorDetail(ErrorCode code) : code_(code) {}
  const char* type_id() const override { return kDetailTypeId; }
  std::string ToString() const override { return std::string(CodeName(code_)); }
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

arrow::StatusCode ArrowCode(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kSchemaMismatch:
    case ErrorCode::kCorrupt:
    case ErrorCode::kChecksum:
      return arrow::StatusCode::Invalid;
    case ErrorCode::kNotFound:
      return arrow::StatusCode::KeyError;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kCommitConflict:
      return arrow::StatusCode::AlreadyExists;
    case ErrorCode::kUnsupported:
      return arrow::StatusCode::NotImplemented;
    case ErrorCode::kOverBudget:
      return arrow::StatusCode::OutOfMemory;
    case ErrorCode::kCancelled:
      return arrow::StatusCode::Cancelled;
    case ErrorCode::kInternal:
      return arrow::StatusCode::UnknownError;
    default:
      return arrow::StatusCode::IOError;
  }
}

}  // namespace

std::string_view CodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInternal:
      return "internal";
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kAlreadyExists:
      return "already_exists";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kPermission:
      return "permission";
    case ErrorCode::kNoSpace:
      return "no_space";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kChecksum:
      return "checksum";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kSchemaMismatch:
      return "schema_mismatch";
    case ErrorCode::kCommitConflict:
      return "commit_conflict";
    case ErrorCode::kCommitStateUnknown:
      return "commit_state_unknown";
    case ErrorCode::kUnauthorised:
      return "unauthorised";
    case ErrorCode::kOverBudget:
      return "over_budget";
    case ErrorCode::kCancelled:
      return "cancelled";
  }
  return "internal";
}

Status Error(ErrorCode code, std::string message) {
  return Status(ArrowCode(code), std::move(message), std::make_shared<ErrorDetail>(code));
}

ErrorCode CodeOf(const Status& status) {
  if (status.detail() != nullptr && std::strcmp(status.detail()->type_id(), kDetailTypeId) == 0) {
    return static_cast<const ErrorDetail&>(*status.detail()).code();
  }
  switch (status.code()) {
    case arrow::StatusCode::OutOfMemory:
      return ErrorCode::kOverBudget;
    case arrow::StatusCode::KeyError:
      return ErrorCode::kNotFound;
    case arrow::StatusCode::AlreadyExists:
      return ErrorCode::kAlreadyExists;
    case arrow::StatusCode::IOError:
      return ErrorCode::kIo;
    case arrow::StatusCode::NotImplemented:
      return ErrorCode::kUnsupported;
    case arrow::StatusCode::Cancelled:
      return ErrorCode::kCancelled;
    case arrow::StatusCode::TypeError:
      return ErrorCode::kSchemaMismatch;
    case arrow::StatusCode::Invalid:
    case arrow::StatusCode::SerializationError:
      return ErrorCode::kCorrupt;
    default:
      return ErrorCode::kInternal;
  }
}

bool RetryHelps(const Status& status) {
  const ErrorCode code = CodeOf(status);
  return code == ErrorCode::kIo || code == ErrorCode::kCommitStateUnknown;
}

Status WithContext(const Status& status, std::string_view context) {
  if (status.ok()) return status;
  return status.WithMessage(context, ": ", status.message());
}

Status ErrnoError(int errno_value, std::string_view action, std::string_view path) {
  std::string message;
  message.append(action).append(" ").append(path).append(": ").append(std::strerror(errno_value));
  switch (errno_value) {
    case ENOENT:
    case ENOTDIR:
      return Error(ErrorCode::kNotFound, std::move(message));
    case EEXIST:
      return Error(ErrorCode::kAlreadyExists, std::move(message));
    case EACCES:
    case EPERM:
    case EROFS:
      return Error(ErrorCode::kPermission, std::move(message));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Error(ErrorCode::kNoSpace, std::move(message) + "; free some space and run it again");
    default:
      return Error(ErrorCode::kIo, std::move(message));
  }
}

}  // namespace pixlake
