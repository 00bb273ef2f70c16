#include "sandbox/decoder_pool.h"

#include <algorithm>
#include <utility>

namespace pixlake::sandbox {

std::unique_ptr<DecoderProcess> DecoderPool::Take() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (idle_.empty()) return std::make_unique<DecoderProcess>(options_);
  std::unique_ptr<DecoderProcess> process = std::move(idle_.back());
  idle_.pop_back();
  return process;
}

void DecoderPool::GiveBack(std::unique_ptr<DecoderProcess> process) {
  const std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(std::move(process));
}

Result<image::Answer> DecoderPool::Ask(std::span<const uint8_t> bytes, const image::Question& question) {
  std::unique_ptr<DecoderProcess> process = Take();
  Result<image::Answer> answer = process->Ask(bytes, question);
  GiveBack(std::move(process));
  return answer;
}

Result<image::Answer> DecoderPool::AskFile(int fd, uint64_t size, const image::Question& question) {
  std::unique_ptr<DecoderProcess> process = Take();
  Result<image::Answer> answer = process->AskFile(fd, size, question);
  GiveBack(std::move(process));
  return answer;
}

int64_t DecoderPool::restarts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  int64_t restarts = 0;
  for (const auto& process : idle_) restarts += std::max<int64_t>(process->times_started() - 1, 0);
  return restarts;
}

}  // namespace pixlake::sandbox
