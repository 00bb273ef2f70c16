// What one process plans and another does, as JSON: staged files, tasks of a scan, whole plans.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "table/data_file.h"
#include "table/scan.h"

namespace pixlake::table {

// Of every object below, in its member "codec". A reader refuses a later one (kUnsupported);
// members that it does not know belong to the same version and may be left out.
inline constexpr int kPlanCodecVersion = 1;

// Nothing is lost: statistics and partition values come back with their types. What is decoded is
// of others' making: kCorrupt, naming the member, for what is not as Encode writes it; numbers and
// positions are checked, that a file exists or lies within a table is the caller's to ask.
Result<nlohmann::json> EncodeStagedFile(const StagedFile& file);
Result<StagedFile> DecodeStagedFile(const nlohmann::json& object);

Result<nlohmann::json> EncodeScanTask(const ScanTask& task);
Result<ScanTask> DecodeScanTask(const nlohmann::json& object);

// A plan may be sent without its tasks, which follow one by one.
Result<nlohmann::json> EncodeScanPlan(const ScanPlan& plan, bool with_tasks = true);
Result<ScanPlan> DecodeScanPlan(const nlohmann::json& object);

}  // namespace pixlake::table
