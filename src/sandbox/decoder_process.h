// Decoding in a process of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "image/examine/examine.h"

namespace pixlake::sandbox {

struct DecoderOptions {
  std::string program;     // pixlake-decoder; empty: beside this program
  int64_t max_memory = 0;  // bytes the helper may take in all; 0: any
};

// A helper that is started when it is first asked and again after it died. Used by one thread
// at a time; it outlives the thread that started it, and not the process.
class DecoderProcess {
 public:
  explicit DecoderProcess(DecoderOptions options);
  ~DecoderProcess();
  DecoderProcess(const DecoderProcess&) = delete;
  DecoderProcess& operator=(const DecoderProcess&) = delete;

  // As image::Examine, about bytes or about an open file of `size` bytes (which is mapped by
  // the helper, not read here). An image that ends the helper is kCorrupt ("the decoder was
  // ended by signal 11 …"), one that takes longer than the question's time kBomb. A helper that
  // somebody else killed is started again and asked once more.
  // The error is kNotFound without the program, else that of starting it.
  Result<image::Answer> Ask(std::span<const uint8_t> bytes, const image::Question& question);
  Result<image::Answer> AskFile(int fd, uint64_t size, const image::Question& question);

  int64_t times_started() const { return times_started_; }

 private:
  struct Process;

  Status Start();
  Result<image::Answer> AskDescriptor(int fd, uint64_t size, const image::Question& question);
  Result<image::Answer> AskOnce(int fd, uint64_t size, const image::Question& question, bool* killed);
  image::Answer Died(const image::Question& question, bool late, bool* killed);

  const DecoderOptions options_;
  std::unique_ptr<Process> process_;
  int shared_ = -1;  // a file in memory that carries bytes over
  uint64_t shared_size_ = 0;
  int64_t times_started_ = 0;
};

// Where pixlake-decoder is expected: beside the running program.
std::string DecoderProgram();

}  // namespace pixlake::sandbox
