// Settings in memory: no bytes may crash the reader, and what it cannot use it says with a place.
#include <cstdlib>

#include "settings/read/read_settings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pixlake::settings;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Reading reading = ExamineSettings(text, "settings.yaml", "/nowhere");
  if (reading.problems.size() > 100) std::abort();
  for (const Problem& problem : reading.problems) {
    if (problem.what.empty() || problem.place.line < 1 || problem.place.column < 1) std::abort();
  }
  for (const Step& step : reading.settings.steps) {
    if (reading.problems.empty() && step.name.empty()) std::abort();
  }
  return 0;
}
