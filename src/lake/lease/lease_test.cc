// Leases over a store of the test's, by a clock of the test's: who has one, and who notices that he has not.
#include "lake/lease/lease.h"

#include <thread>
#include <utility>

#include "testing/forwarding_store.h"
#include "testing/matchers.h"
#include "testing/temporary_folder.h"

namespace pixlake::lake {
namespace {

using std::chrono::milliseconds;
using test::FailsWith;
using test::IsOk;
using test::Must;

constexpr milliseconds kTtl{30'000};

// A store whose answers the test changes.
class Moody : public test::ForwardingStore {
 public:
  Status Put(const std::string& path, std::string_view bytes) override {
    return puts_fail ? Error(ErrorCode::kIo, "the network is gone") : ForwardingStore::Put(path, bytes);
  }
  Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    if (before_put) std::exchange(before_put, nullptr)();
    return ForwardingStore::PutIfAbsent(path, bytes);
  }
  bool puts_fail = false;
  std::function<void()> before_put;
};

class LeaseTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Lease>> Take(std::function<Status(milliseconds)> wait = {}) {
    LeaseOptions options;
    options.ttl = kTtl;
    options.renews_itself = false;
    options.now = [this] { return now_; };
    options.wait = [this, wait](milliseconds time) -> Status {
      now_ += time;
      waited_ += time;
      return wait ? wait(time) : Status::OK();
    };
    return Lease::Acquire({store_, folder_ / "leases"}, std::move(options));
  }

  static Status NoWaiting(milliseconds) { return Error(ErrorCode::kCancelled, "it should not have waited"); }

  const test::TemporaryFolder folder_;
  const std::shared_ptr<Moody> store_ = std::make_shared<Moody>();
  milliseconds now_{1'000'000};
  milliseconds waited_{0};
};

TEST_F(LeaseTest, OneThatIsReleasedIsTakenAtOnce) {
  for (int64_t epoch = 1; epoch <= 3; ++epoch) {
    const auto lease = Must(Take(NoWaiting));
    EXPECT_EQ(lease->epoch(), epoch);
    EXPECT_FALSE(lease->took_over());
    EXPECT_THAT(lease->Check(), IsOk());
  }
}

TEST_F(LeaseTest, OneWithoutASignOfLifeIsTakenOverAfterATtlAndItsHolderNotices) {
  const auto sleeper = Must(Take());
  const auto taker = Must(Take());
  EXPECT_EQ(taker->epoch(), 2);
  EXPECT_TRUE(taker->took_over());
  EXPECT_GE(waited_, kTtl);
  EXPECT_LT(waited_, 2 * kTtl);
  EXPECT_THAT(sleeper->Check(), FailsWith(ErrorCode::kCommitConflict, "took it over"));
  EXPECT_TRUE(sleeper->stop_token().stopped());
  EXPECT_THAT(sleeper->Renew(), FailsWith(ErrorCode::kCommitConflict, "took it over"));
  EXPECT_THAT(taker->Check(), IsOk());
}

TEST_F(LeaseTest, OneThatGivesSignsOfLifeIsWaitedForUntilTheyEnd) {
  const auto holder = Must(Take());
  const milliseconds alive_until = now_ + 5 * kTtl;
  const auto taker = Must(Take([&](milliseconds) {
    if (now_ < alive_until) return holder->Renew();
    return Status::OK();
  }));
  EXPECT_GE(now_, alive_until + kTtl - milliseconds(2000));
  EXPECT_EQ(taker->epoch(), 2);
}

TEST_F(LeaseTest, ReleasedWhileSomebodyWaitsItIsHisAtOnce) {
  auto holder = Must(Take());
  const auto taker = Must(Take([&](milliseconds) {
    holder.reset();
    return Status::OK();
  }));
  EXPECT_FALSE(taker->took_over());
  EXPECT_LT(waited_, kTtl / 2);
}

TEST_F(LeaseTest, OfTwoWhoTakeOverOneHasItAndTheOtherWaitsForHim) {
  const auto dead = Must(Take());
  std::unique_ptr<Lease> first;
  store_->before_put = [&] { first = Must(Take()); };
  const auto second = Must(Take([&](milliseconds) {
    if (first != nullptr && waited_ > 3 * kTtl) first.reset();
    return first == nullptr ? Status::OK() : first->Renew();
  }));
  EXPECT_EQ(second->epoch(), 3);
  EXPECT_FALSE(second->took_over());
}

TEST_F(LeaseTest, ItIsLostWhenItCannotBeRenewedForATtl) {
  const auto holder = Must(Take());
  store_->puts_fail = true;
  now_ += kTtl / 2 + milliseconds(1);
  EXPECT_THAT(holder->Check(), IsOk());
  now_ += kTtl / 2 + milliseconds(1);
  EXPECT_THAT(holder->Check(), FailsWith(ErrorCode::kCommitConflict, "the network is gone"));
  store_->puts_fail = false;
  EXPECT_THAT(holder->Check(), FailsWith(ErrorCode::kCommitConflict, "the network is gone"));
}

TEST_F(LeaseTest, AHolderWhoSleptWithNobodyWaitingGoesOn) {
  const auto holder = Must(Take());
  now_ += 100 * kTtl;
  EXPECT_THAT(holder->Check(), IsOk());
}

TEST_F(LeaseTest, OneThatWasAbandonedIsNotReleased) {
  Must(Take())->Abandon();
  EXPECT_TRUE(Must(Take())->took_over());
}

TEST_F(LeaseTest, WhoTakesAnEpochThatWasOverLongAgoTakesTheNewest) {
  const auto dead = Must(Take());
  // While this one slept between looking and putting, epochs came, went and were deleted.
  store_->before_put = [&] {
    for (int i = 0; i < 80; ++i) (void)Must(Take());
    EXPECT_THAT(store_->Delete(folder_ / "leases/00000000000000000002.json"), IsOk());
  };
  const auto late = Must(Take());
  EXPECT_EQ(late->epoch(), 82);
}

TEST_F(LeaseTest, ForeignObjectsAreNoEpochs) {
  test::WriteText(folder_.path() / "leases/99999999999999999999.json", "{}");
  test::WriteText(folder_.path() / "leases/0000000000000000000x.json", "{}");
  test::WriteText(folder_.path() / "leases/README", "x");
  EXPECT_EQ(Must(Take(NoWaiting))->epoch(), 1);
  test::WriteText(folder_.path() / "leases/00000000000000000007.json", "garbage");
  const auto taker = Must(Take());
  EXPECT_EQ(taker->epoch(), 8);
  EXPECT_GE(waited_, kTtl);
}

TEST_F(LeaseTest, ItRenewsItselfAndReleasesWhenItGoes) {
  LeaseOptions options;
  options.ttl = milliseconds(200);
  const io::Location place{store_, folder_ / "leases"};
  {
    const auto holder = Must(Lease::Acquire(place, options));
    options.wait = [&](milliseconds time) -> Status {
      waited_ += time;
      if (waited_ > milliseconds(500)) return Error(ErrorCode::kCancelled, "waited long enough");
      std::this_thread::sleep_for(time);
      return Status::OK();
    };
    EXPECT_THAT(Lease::Acquire(place, options), FailsWith(ErrorCode::kCancelled, "long enough"));
    EXPECT_THAT(holder->Check(), IsOk());
  }
  EXPECT_FALSE(Must(Lease::Acquire(place, options))->took_over());
}

}  // namespace
}  // namespace pixlake::lake
