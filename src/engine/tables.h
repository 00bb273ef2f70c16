// What is done to tables by name: changed, looked after, asked for one image. For apps.
#pragma once

#include "lake/content/image_lookup.h"
#include "query/change/change_table.h"
#include "query/session/sql_reference.h"
#include "query/statement/schema/schema_text.h"
#include "query/statement/schema_change.h"
#include "query/upkeep/clone.h"
#include "query/upkeep/optimize.h"
#include "query/upkeep/vacuum.h"

namespace pixlake::engine {

using lake::FindImage;
using lake::FoundImage;
using lake::LookupRequest;
using query::ChangeSchema;
using query::ChangeTable;
using query::CloneReport;
using query::CloneShallow;
using query::ColumnText;
using query::DescribeColumns;
using query::FormatSchemaTable;
using query::Optimize;
using query::OptimizeRequest;
using query::SchemaChangeReport;
using query::SqlReference;
using query::Vacuum;

}  // namespace pixlake::engine
