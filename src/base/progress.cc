#include "base/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory/byte_size.h"

namespace pixlake {
namespace {

constexpr int kBarWidth = 24;

std::string Grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), 1, ',');
  return text;
}

std::string Duration(double seconds) {
  const int64_t whole = std::llround(seconds);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

int TerminalColumns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

// https://no-color.org
bool Coloured() {
  const char* const none = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return (none == nullptr || *none == '\0') && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

}  // namespace

std::string RenderProgress(const std::string& what, int64_t done, int64_t total, int64_t bytes,
                           double elapsed_seconds, int columns) {
  const double rate = elapsed_seconds > 0 ? static_cast<double>(done) / elapsed_seconds : 0;
  std::string line = what;
  // More than was counted: an archive was among the files.
  if (done > total) total = 0;
  if (total > 0) {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const int filled = static_cast<int>(part * kBarWidth);
    std::string bar(static_cast<size_t>(filled), '=');
    if (filled < kBarWidth) bar.push_back('>');
    bar.resize(kBarWidth, ' ');
    line += fmt::format("  [{}] {:3.0f}%  {}/{}", bar, part * 100, Grouped(done), Grouped(total));
  } else {
    line += fmt::format("  {}", Grouped(done));
  }
  line += fmt::format("  {}/s  {}", Grouped(static_cast<int64_t>(rate)), FormatByteSize(bytes));
  if (total > 0 && rate > 0) line += "  " + Duration(static_cast<double>(total - done) / rate) + " left";
  if (columns > 0 && line.size() > static_cast<size_t>(columns)) line.resize(static_cast<size_t>(columns));
  return line;
}

Progress::Progress(std::string what, int64_t total, bool enabled) : what_(std::move(what)), total_(total) {
  if (enabled && isatty(STDERR_FILENO) != 0) Start();
}

Progress::Progress(std::string what, std::function<int64_t()> count, bool enabled)
    : what_(std::move(what)), total_(0) {
  if (!enabled || isatty(STDERR_FILENO) == 0) return;
  Start();
  counting_ = std::thread([this, count = std::move(count)] {
    const StopScope scope(stop_counting_.token());
    total_.store(count(), std::memory_order_relaxed);
  });
}

void Progress::Start() {
  // Not an executor's: it is the terminal's, whoever's work goes on, and may see that end.
  thread_ = std::thread([this] {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::milliseconds(100), [this] { return stop_; })) Draw();
  });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
  stop_counting_.Stop();
  if (counting_.joinable()) counting_.join();
  Draw();
  std::fputc('\n', stderr);
}

void Progress::Add(int64_t items, int64_t bytes) {
  done_.fetch_add(items, std::memory_order_relaxed);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

void Progress::Draw() {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  std::string line = RenderProgress(what_, done_.load(), total_.load(), bytes_.load(), elapsed.count(),
                                    TerminalColumns() - 1);
  const size_t open = line.find('['), close = line.find(']');
  if (Coloured() && open != std::string::npos && close != std::string::npos) {
    line.insert(close, "\033[0m");
    line.insert(open + 1, "\033[32m");
  }
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
}

}  // namespace pixlake
