// Scans of a statement told apart: each that has a condition is called with a number.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "query/mention/scan_predicates_internal.h"
#include "query/text/edited_text.h"

namespace pixlake::query {

// In front of the names of the macros whose first argument is the number.
inline constexpr char kNumberedPrefix[] = "__pixlake_nth_";

struct NumberedScans {
  EditedText text;
  std::vector<table::Predicate> conditions;  // of scan 1, 2, …
};

// The scan function that reads a table named so; empty: it is no table of ours, or may be
// another one.
using ScanOfName = std::function<std::string(const ScanMention&)>;

// `table_scan('a')` as `__pixlake_nth_table_scan(1, 'a')`, `zone.t` as
// `__pixlake_nth_table_scan(2, 'zone.t') AS "t"`. Scans without a condition, and those that are
// not found in the text where the tree says they are, stay as they are. nullopt: all do.
std::optional<NumberedScans> NumberScans(const EditedText& statement,
                                         const std::vector<ScanMention>& mentions,
                                         const ScanOfName& scan_of_name);

}  // namespace pixlake::query
