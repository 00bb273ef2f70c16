#include "base/stop/stop_token.h"

namespace pixlake {
namespace {

thread_local StopToken t_current;

}  // namespace

Status StopToken::Check() const {
  if (!stopped()) return Status::OK();
  return Error(ErrorCode::kCancelled, "interrupted; run the same command again to finish");
}

StopScope::StopScope(StopToken token) : outer_(std::exchange(t_current, std::move(token))) {}

StopScope::~StopScope() {
  t_current = std::move(outer_);
}

StopToken CurrentStopToken() {
  return t_current;
}

Status CheckStopped() {
  return t_current.Check();
}

}  // namespace pixlake
