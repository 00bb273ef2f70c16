#include "engine/export/export_names.h"

#include <algorithm>

#include "io/location.h"

namespace pixlake::engine {

std::string CommonFolder(std::string_view first, std::string_view last) {
  const size_t most = std::min(first.size(), last.size());
  size_t same = 0;
  while (same < most && first[same] == last[same]) ++same;
  // Never into an archive: its name stays part of its members' names.
  const std::string_view common = first.substr(0, std::min(same, first.find('#')));
  const size_t slash = common.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(common.substr(0, slash + 1));
}

Result<std::string> RelativeNameOf(std::string_view uri, std::string_view root) {
  std::string_view rest = uri;
  if (rest.starts_with(root)) rest.remove_prefix(root.size());
  std::string joined(rest);
  // '#' itself is encoded in names, so the first one parts archive and member.
  std::replace(joined.begin(), joined.end(), '#', '/');
  std::string name;
  for (size_t begin = 0; begin <= joined.size();) {
    const size_t end = std::min(joined.find('/', begin), joined.size());
    PL_ASSIGN_OR_RETURN(std::string part,
                        io::PercentDecode(std::string_view(joined).substr(begin, end - begin)));
    const bool unsafe = part.empty() || part == "." || part == ".." || part.find('/') != std::string::npos ||
                        part.find('\0') != std::string::npos;
    if (unsafe) part = "_";
    name.append(name.empty() ? "" : "/").append(part);
    begin = end + 1;
  }
  return name;
}

}  // namespace pixlake::engine
