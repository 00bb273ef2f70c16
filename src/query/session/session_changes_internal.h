// What statements have made of a session, as far as conditions can be trusted after them.
#pragma once

#include <string>

#include <duckdb.h>

#include "query/mention/scan_predicates_internal.h"

namespace pixlake::query {

class SessionChanges {
 public:
  // After a statement was prepared.
  void Note(const std::string& sql, duckdb_statement_type type);

  // Nothing that was run changes what a condition means: no setting that does (how texts
  // compare, the time zone), no macro that may stand for a function, no other database.
  bool conditions_hold() const { return conditions_hold_; }

  // Whether a table or view that was made in the session may be what is named so.
  bool MayHide(duckdb_connection connection, const ScanMention& mention) const;

 private:
  bool conditions_hold_ = true;
  bool made_something_ = false;
};

}  // namespace pixlake::query
