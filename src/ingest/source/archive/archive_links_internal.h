// Which members of a tar the hard links in it stand for.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ingest/source/archive/archive_reader_internal.h"

namespace pixlake::ingest {

// By the member that has the content, counted from 1: the links that stand for it.
using LinkTargets = std::map<int64_t, std::vector<int64_t>>;

// Reads the headers of the first `members` members. `links`: the name each hard link gives. It
// stands for the last member of that name before it, as tar(1) would have unpacked, through other
// links if need be; where there is none, for the first behind it. Links that stand for no file of
// the archive are in nobody's list. Memory is that of the links.
Result<LinkTargets> FindLinkTargets(ArchiveReader* reader, int64_t members,
                                    const std::map<int64_t, std::string>& links);

}  // namespace pixlake::ingest
