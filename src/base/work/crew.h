// Work that comes by and by, for as many hands as it needs.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/work/executor.h"

namespace pixlake {

// Hands that do step after step while there is something to do, and give their thread back when there is
// nothing: who has to wait for room, or for more to come, keeps no thread. Thread-safe.
class Crew {
 public:
  // Up to `most` at once call `step`, which does a piece of work and says whether it did; false: there is
  // nothing to do now. It must not throw. In the scope of who makes the crew.
  Crew(WorkKind kind, size_t most, std::function<bool()> step);
  // No step begins any more; those under way are waited for.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // To be called whenever there is something new to do.
  void Wake();
  // Where nobody is at work, the caller does a step: whether he did one. Who waits for what the crew does
  // calls it before he waits.
  bool Help();
  // Does what is left with the others, until there is nothing and all have left. Until the next Wake.
  void Finish();

 private:
  struct State;
  static void Hand(const std::shared_ptr<State>& state);

  const std::shared_ptr<Executor> executor_;
  const WorkKind kind_;
  const size_t most_;
  const StopToken stop_;
  const std::shared_ptr<State> state_;
};

}  // namespace pixlake
