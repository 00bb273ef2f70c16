// A file of lines that begins anew when it is large or old, and of whose forerunners only some are kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pixlake {

struct RotationPolicy {
  int64_t size_bytes = int64_t{10} << 20;  // a file that a line would make larger ends; 0: at no size
  int64_t every_ms = 86'400'000;           // so does one of an earlier period (counted in UTC); 0: never
  int64_t keep = 14;                       // ended files; 0: all
  int64_t keep_ms = 2'592'000'000;         // ended files that are older go; 0: never
};

// Several processes may write to one file: a line is one append, and who ends the file holds its lock. An
// ended file is called `<name>.<UTC time of its end>`, "pixlake.log.20261127T233000123Z". Of one thread.
class RotatingFile {
 public:
  // Folders are made. The file is opened by the first line.
  RotatingFile(std::string path, RotationPolicy policy) : path_(std::move(path)), policy_(policy) {}
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;
  ~RotatingFile();

  // `line` with its newline. An error leaves the file as it was, or with a part of the line when the disk
  // is full; the next call tries again.
  Status Append(std::string_view line, int64_t now_ms);

 private:
  Status Open();
  // Whether another process has ended the file that is open here.
  bool WasEnded() const;
  bool IsDue(size_t more, int64_t now_ms) const;
  Status End(int64_t now_ms);
  void DeleteOld(int64_t now_ms) const;

  const std::string path_;
  const RotationPolicy policy_;
  int descriptor_ = -1;
};

}  // namespace pixlake
