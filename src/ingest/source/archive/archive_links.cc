#include <optional>
#include <unordered_map>

#include "ingest/source/archive/archive_links_internal.h"

namespace pixlake::ingest {

Result<LinkTargets> FindLinkTargets(ArchiveReader* reader, int64_t members,
                                    const std::map<int64_t, std::string>& links) {
  struct Place {
    int64_t latest = 0;  // 0: none yet
    std::vector<int64_t> waiting;
  };
  std::unordered_map<std::string, Place> wanted;
  for (const auto& [link, target] : links) wanted[target];
  LinkTargets targets;
  for (int64_t number = 1; number <= members; ++number) {
    PL_ASSIGN_OR_RETURN(const std::optional<Member> member, reader->Next());
    if (!member) break;
    int64_t content = number;
    if (const auto link = links.find(number); link != links.end()) {
      Place& place = wanted[link->second];
      content = place.latest;
      if (content != 0) {
        targets[content].push_back(number);
      } else {
        place.waiting.push_back(number);
      }
    } else if (member->is_folder || member->encrypted || !member->not_a_file.empty()) {
      continue;
    }
    const auto named = wanted.find(member->name);
    if (named == wanted.end() || content == 0) continue;
    named->second.latest = content;
    for (const int64_t link : named->second.waiting) targets[content].push_back(link);
    named->second.waiting.clear();
  }
  return targets;
}

}  // namespace pixlake::ingest
