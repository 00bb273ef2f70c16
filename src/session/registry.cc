#include "session/registry.h"

#include <fmt/format.h>

namespace pixlake::session {

std::vector<std::string> Registry::FormatNames() const {
  std::vector<std::string> names;
  for (const auto& format : formats_) names.emplace_back(format->name());
  return names;
}

Result<table::TableFormat*> Registry::Format(std::string_view name) const {
  for (const auto& format : formats_) {
    if (format->name() == name) return format.get();
  }
  return Error(ErrorCode::kUsage, fmt::format("there is no table format '{}'", name));
}

}  // namespace pixlake::session
