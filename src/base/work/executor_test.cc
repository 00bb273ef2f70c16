#include "base/work/executor.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/work/crew.h"
#include "base/work/for_each.h"
#include "base/work/pending.h"

namespace pixlake {
namespace {

using std::chrono::milliseconds;

// This process's, once those that end have ended.
size_t ThreadCount() {
  namespace fs = std::filesystem;
  return static_cast<size_t>(
      std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()));
}

// On a busy machine threads take their time to end.
size_t ThreadCountOnceAtMost(size_t most, milliseconds patience = milliseconds(30'000)) {
  for (auto waited = milliseconds(0); waited < patience && ThreadCount() > most; waited += milliseconds(10))
    std::this_thread::sleep_for(milliseconds(10));
  return ThreadCount();
}

// An executor and the scope of work on it.
class ExecutorTest : public testing::TestWithParam<WorkKind> {
 protected:
  static constexpr int kThreads = 3;
  const std::shared_ptr<Executor> executor_ = Executor::Make(kThreads);
  StopSource stop_{{}, executor_};
  const StopScope scope_{stop_.token()};
};

TEST_P(ExecutorTest, WorkGoesOnInTheScopeOfWhoGaveIt) {
  EXPECT_EQ(CurrentExecutor(), executor_);
  auto same = StartWork(GetParam(), [] { return CurrentExecutor(); });
  EXPECT_EQ(same.Get(), executor_);
  stop_.Stop();
  auto stopped = StartWork(GetParam(), [] { return CheckStopped(); });
  EXPECT_EQ(CodeOf(stopped.Get()), ErrorCode::kCancelled);
}

TEST_P(ExecutorTest, AResultIsWaitedForOrDropped) {
  auto number = StartWork(GetParam(), [] { return 7; });
  EXPECT_TRUE(number.valid());
  EXPECT_EQ(number.Get(), 7);
  EXPECT_FALSE(number.valid());
  auto thrown = StartWork(GetParam(), []() -> int { throw std::runtime_error("no"); });
  EXPECT_THROW(thrown.Get(), std::runtime_error);
  const auto held = std::make_shared<int>(1);
  for (int i = 0; i < 100; ++i) StartWork(GetParam(), [held] { return *held; });
  EXPECT_EQ(held.use_count(), 1);
}

TEST_P(ExecutorTest, EachPieceIsDoneOnceByNoMoreThanWereAskedFor) {
  std::vector<std::atomic<int>> done(1000);
  std::atomic<int> at_once = 0, most = 0;
  const Status status = ForEach(GetParam(), done.size(), 3, [&](size_t i) {
    const int now = ++at_once;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    ++done[i];
    --at_once;
    return Status::OK();
  });
  EXPECT_EQ(status, Status::OK());
  for (const auto& times : done) EXPECT_EQ(times, 1);
  EXPECT_LE(most, 3);
}

TEST_P(ExecutorTest, TheFirstErrorEndsThePieces) {
  std::atomic<int> begun = 0;
  const Status status = ForEach(GetParam(), 1000, 2, [&](size_t i) {
    ++begun;
    return i >= 10 ? Error(ErrorCode::kCorrupt, std::to_string(i)) : Status::OK();
  });
  EXPECT_EQ(status.message(), "10");
  EXPECT_LT(begun, 20);
  EXPECT_EQ(CodeOf(ForEach(GetParam(), 2, 2, [](size_t) -> Status { throw std::bad_alloc(); })),
            ErrorCode::kOverBudget);
}

// More of it waiting than there are threads, to a depth.
Status Nest(WorkKind kind, int depth, std::atomic<int>* leaves) {
  if (depth == 0) {
    ++*leaves;
    return Status::OK();
  }
  return ForEach(kind, 6, 6, [&](size_t i) -> Status {
    if (i % 2 == 0) return Nest(kind, depth - 1, leaves);
    return StartWork(kind, [&] { return Nest(kind, depth - 1, leaves); }).Get();
  });
}

TEST_P(ExecutorTest, WorkThatWaitsForWorkOfItsOwnExecutorNeverLocksUp) {
  std::atomic<int> leaves = 0;
  EXPECT_EQ(Nest(GetParam(), 4, &leaves), Status::OK());
  EXPECT_EQ(leaves, 6 * 6 * 6 * 6);
}

TEST_P(ExecutorTest, ACallerNeedsNoThreadThatIsTaken) {
  // All places are taken by work that does not end before the caller is done.
  constexpr int kBlockers = 80;
  std::promise<void> end;
  const std::shared_future<void> ended = end.get_future().share();
  std::vector<Pending<bool>> blockers;
  for (int i = 0; i < kBlockers; ++i)
    blockers.push_back(StartWork(GetParam(), [ended] { return ended.wait(), true; }));
  std::atomic<int> done = 0;
  EXPECT_EQ(ForEach(GetParam(), 10, 10, [&](size_t) { return ++done, Status::OK(); }), Status::OK());
  EXPECT_EQ(done, 10);
  EXPECT_EQ(StartWork(GetParam(), [] { return 5; }).Get(), 5);
  std::atomic<int> left = 5;
  Crew crew(GetParam(), 2, [&] { return left > 0 && left-- > 0; });
  crew.Wake();
  crew.Finish();
  EXPECT_LE(left, 0);
  end.set_value();
}

TEST_P(ExecutorTest, ACrewDoesAllThatComes) {
  std::mutex mutex;
  int waiting = 0, done = 0, at_once = 0, most = 0;
  {
    Crew crew(GetParam(), 2, [&] {
      std::unique_lock lock(mutex);
      if (waiting == 0) return false;
      --waiting;
      most = std::max(most, ++at_once);
      lock.unlock();
      lock.lock();
      --at_once;
      ++done;
      return true;
    });
    for (int i = 0; i < 10000; ++i) {
      {
        const std::lock_guard lock(mutex);
        ++waiting;
      }
      crew.Wake();
      if (i % 100 == 0) (void)crew.Help();
    }
    crew.Finish();
    EXPECT_EQ(done, 10000);
    crew.Finish();
  }
  EXPECT_LE(most, 2);
}

TEST_P(ExecutorTest, OfACrewThatGoesNothingIsLeft) {
  std::atomic<bool> gone = false, too_late = false;
  for (int i = 0; i < 200; ++i) {
    gone = false;
    {
      Crew crew(GetParam(), 3, [&] {
        if (gone) too_late = true;
        return true;  // without end
      });
      for (int wake = 0; wake < 5; ++wake) crew.Wake();
    }
    gone = true;
  }
  EXPECT_FALSE(too_late);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ExecutorTest, testing::Values(WorkKind::kCpu, WorkKind::kIo),
                         [](const auto& kind) { return kind.param == WorkKind::kCpu ? "Cpu" : "Io"; });

TEST_F(ExecutorTest, TheArenaHasAsManyThreadsAsItIsSaid) {
  // However few cores there are.
  std::latch all(kThreads);
  std::vector<Pending<bool>> meeting;
  for (int i = 0; i < kThreads; ++i) {
    meeting.push_back(StartWork(WorkKind::kCpu, [&] { return all.arrive_and_wait(), true; }));
    EXPECT_TRUE(meeting.back().has_thread());
  }
  all.wait();
}

TEST_F(ExecutorTest, ALoopTakesNoPlaceOfOthers) {
  std::promise<void> end;
  const std::shared_future<void> ended = end.get_future().share();
  std::vector<Pending<bool>> loops;
  for (int i = 0; i < 100; ++i)
    loops.push_back(StartWork(WorkKind::kLoop, [ended] { return ended.wait(), true; }));
  std::promise<void> begun;
  auto short_work = StartWork(WorkKind::kIo, [&] { return begun.set_value(), true; });
  begun.get_future().wait();
  end.set_value();
}

TEST(ExecutorThreadsTest, ComeWhenNeededAndGoWithIt) {
  const size_t before = ThreadCountOnceAtMost(1, milliseconds(2000));  // a sanitizer has one of its own
  {
    const auto executor = Executor::Make(4);
    const StopSource stop({}, executor);
    const StopScope scope(stop.token());
    EXPECT_EQ(ThreadCount(), before);
    for (int i = 0; i < 50; ++i) StartWork(WorkKind::kIo, [] { return 1; }).Get();
    EXPECT_LE(ThreadCount(), before + 10);  // one that has just done its work may not be seen as free
    EXPECT_EQ(ForEach(WorkKind::kIo, 100, 8,
                      [](size_t) { return std::this_thread::sleep_for(milliseconds(1)), Status::OK(); }),
              Status::OK());
    EXPECT_EQ(ForEach(WorkKind::kCpu, 100, 4, [](size_t) { return Status::OK(); }), Status::OK());
    EXPECT_GT(ThreadCount(), before);
    EXPECT_LE(ThreadCount(), before + 8 + 4);
  }
  EXPECT_LE(ThreadCountOnceAtMost(before), before);
  // Those that have none make one and end it.
  EXPECT_EQ(ForEach(WorkKind::kCpu, 100, 4, [](size_t) { return Status::OK(); }), Status::OK());
  EXPECT_LE(ThreadCountOnceAtMost(before), before);
}

TEST(ExecutorThreadsTest, OneGoesAndAnotherWorksOn) {
  const auto staying = Executor::Make(2);
  const StopSource stop({}, staying);
  const StopScope scope(stop.token());
  std::atomic<bool> end = false;
  auto work = StartWork(WorkKind::kCpu, [&] {
    while (!end) std::this_thread::yield();
    return true;
  });
  for (int i = 0; i < 20; ++i) {
    const StopSource other({}, Executor::Make(3));
    EXPECT_EQ(ExecutorOf(other.token()), nullptr);  // nobody kept it
    const auto kept = Executor::Make(3);
    const StopSource second(stop.token(), kept);
    const StopScope inner(second.token());
    EXPECT_EQ(CurrentExecutor(), kept);
    EXPECT_EQ(ForEach(WorkKind::kCpu, 30, 3, [](size_t) { return Status::OK(); }), Status::OK());
  }
  EXPECT_EQ(CurrentExecutor(), staying);
  end = true;
  EXPECT_TRUE(work.Get());
}

}  // namespace
}  // namespace pixlake
