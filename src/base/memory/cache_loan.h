// Memory that sessions lend to the caches of their process.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

namespace pixlake {

// Bytes that a session lends to a cache while it lives. Movable; an empty one lends nothing.
class CacheLoan {
 public:
  CacheLoan() = default;
  explicit CacheLoan(std::function<void()> give_back) : give_back_(std::move(give_back)) {}
  CacheLoan(CacheLoan&& other) noexcept : give_back_(std::exchange(other.give_back_, nullptr)) {}
  CacheLoan& operator=(CacheLoan&& other) noexcept {
    std::swap(give_back_, other.give_back_);
    return *this;
  }
  ~CacheLoan() {
    if (give_back_) give_back_();
  }

 private:
  std::function<void()> give_back_;
};

// How large a cache of the process may be: what its sessions lend together, or, when there is no
// session (a test, a tool), `unlent`. Not thread-safe.
class CacheLimit {
 public:
  explicit CacheLimit(int64_t unlent) : unlent_(unlent) {}
  void Lend(int64_t bytes) {
    lent_ += bytes;
    ++lenders_;
  }
  void TakeBack(int64_t bytes) {
    lent_ -= bytes;
    --lenders_;
  }
  int64_t bytes() const { return lenders_ == 0 ? unlent_ : lent_; }

 private:
  const int64_t unlent_;
  int64_t lent_ = 0;
  int64_t lenders_ = 0;
};

}  // namespace pixlake
