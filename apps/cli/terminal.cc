#include "cli/terminal.h"

#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace pixlake::cli {

engine::TextPictures PicturesFor(bool json) {
  if (json) return engine::TextPictures::kNone;
  const char* depth = std::getenv("COLORTERM");
  const bool true_colour =
      depth != nullptr && (std::string_view(depth) == "truecolor" || std::string_view(depth) == "24bit");
  const bool wanted = std::getenv("NO_COLOR") == nullptr;
  if (isatty(STDOUT_FILENO) != 0 && true_colour && wanted) return engine::TextPictures::kHalfBlocks;
  return engine::TextPictures::kAscii;
}

int OutputColumns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

}  // namespace pixlake::cli
