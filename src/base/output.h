// Where a session's results go, and who watches it work.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pixlake {

// How far a piece of work has come, told while it lives. Thread-safe.
class WorkWatch {
 public:
  virtual ~WorkWatch() = default;
  virtual void Add(int64_t items, int64_t bytes) = 0;
};

// What an app shows of a session: a program writes to its standard output and draws a bar, a
// server answers a request. The application's to implement; engine knows no other way out.
class Output {
 public:
  virtual ~Output() = default;

  // All of `bytes`, in order, or an error: kIo when nobody reads them any more. By one thread at a
  // time.
  virtual Status Write(std::string_view bytes) = 0;

  // Work called `what` begins, on `total` items (0: unknown). Null: nobody watches.
  virtual std::unique_ptr<WorkWatch> Watch(std::string what, int64_t total) = 0;
};

}  // namespace pixlake
