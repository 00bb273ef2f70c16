// Committing files that were written anew, over whatever others do meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "table/rewrite/group_writer_internal.h"

namespace pixlake::table {

// Rewrites the groups with as many threads as given. On an error nothing of it stays.
Result<std::vector<RewrittenGroup>> RewriteGroups(
    const RewriteContext& context, std::vector<FileGroup> groups, int threads,
    const std::function<Result<RewrittenGroup>(const RewriteContext&, FileGroup)>& rewrite);

// One commit of all groups: their files go, the staged ones come. On a conflict the groups
// whose files are still there as they were are tried again on the newest snapshot; the
// others' staged files are deleted. kCommitConflict when the table's definition changed.
Result<RewriteReport> CommitRewrite(Table* table, const RewriteContext& context,
                                    std::vector<RewrittenGroup> groups,
                                    const std::map<std::string, std::string>& parameters);

}  // namespace pixlake::table
