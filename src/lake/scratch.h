// Where what is too large for memory waits on this machine's disk while it is ingested.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "catalog/lake.h"

namespace pixlake::lake {

// Of a lake on a local disk a folder within it, so that files move into tables by their names; of one in a
// store a folder of this process's own in the temporary folder, gone with it. What processes that were
// killed left there goes when the next one comes.
class Scratch {
 public:
  static Result<std::unique_ptr<Scratch>> Make(const catalog::Lake& lake);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& folder() const { return folder_; }
  // Of a lake on a local disk: for who is alone in it.
  void CleanLeftovers() const;

 private:
  Scratch(std::string folder, int lock) : folder_(std::move(folder)), lock_(lock) {}

  const std::string folder_;
  const int lock_;  // of a folder of our own; -1: the lake's
};

}  // namespace pixlake::lake
