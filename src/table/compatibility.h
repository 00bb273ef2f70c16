// What a change of columns means for those who read a table by the columns that they know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::table {

// The property that a table says its rule by: backward, forward, full (both), none.
inline constexpr char kCompatibilityKey[] = "pixlake.compatibility";

// In the words of schema registries. Empty lists: it is compatible.
struct SchemaCompatibility {
  // Who knows the new columns cannot read rows that were written before.
  std::vector<std::string> breaks_backward;
  // Who knows the old columns cannot read rows that are written from now on.
  std::vector<std::string> breaks_forward;

  // "full", "backward", "forward" or "none".
  std::string_view rule() const;
};

// Columns are told apart by their names, in any case, at every depth. A column that may be null and is not
// there is null; a wider type (int to long, float to double, date to timestamp without zone, a decimal with
// more digits) holds the values of the narrower. A column that is called otherwise is one that is gone and
// one that is new.
SchemaCompatibility CompareSchemas(const arrow::Schema& before, const arrow::Schema& after);

// kUsage for a value of the property that is none of the four.
Status CheckCompatibilityRule(std::string_view rule);

// kSchemaMismatch, with what is in the way, for a change that the rule does not allow.
Status CheckCompatible(std::string_view rule, const SchemaCompatibility& compatibility);

}  // namespace pixlake::table
