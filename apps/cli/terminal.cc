#include "cli/terminal.h"

#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace pixlake::cli {

bool ColoursWanted() {
  const char* const none = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return (none == nullptr || *none == '\0') && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

engine::TextPictures PicturesFor(bool json) {
  if (json || isatty(STDOUT_FILENO) == 0) return engine::TextPictures::kNone;
  const char* depth = std::getenv("COLORTERM");
  const bool true_colour =
      depth != nullptr && (std::string_view(depth) == "truecolor" || std::string_view(depth) == "24bit");
  return true_colour && ColoursWanted() ? engine::TextPictures::kHalfBlocks : engine::TextPictures::kAscii;
}

int ColumnsOf(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

int TerminalColumns() {
  return isatty(STDOUT_FILENO) != 0 ? OutputColumns() : 0;
}

int OutputLines() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) return size.ws_row;
  return 24;
}

int OutputColumns() {
  return ColumnsOf(STDOUT_FILENO);
}

}  // namespace pixlake::cli
