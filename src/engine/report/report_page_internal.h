// The page of a report.
#pragma once

#include <string>

#include "engine/report/report_data_internal.h"

namespace pixlake::engine {

// HTML of itself alone: styles within, pictures as data, no script.
std::string ReportPage(const ReportData& data);

}  // namespace pixlake::engine
