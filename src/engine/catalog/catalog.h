// What a lake's tables are, for apps.
#pragma once

#include "inventory/catalog_tables.h"
#include "inventory/inventory.h"
#include "inventory/schema_history.h"
#include "inventory/search.h"

namespace pixlake::engine {

using inventory::Declaration;
using inventory::Declare;
using inventory::FindEntry;
using inventory::RefreshCatalog;
using inventory::SchemaHistory;
using inventory::SchemaVersion;
using inventory::Search;
using inventory::SearchHit;
using inventory::TableEntry;
using inventory::TakeInventory;

}  // namespace pixlake::engine
