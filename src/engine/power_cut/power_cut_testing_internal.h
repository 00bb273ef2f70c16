// What the tests of power cuts share: SQL over whatever is in a folder, and states after a cut.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/session.h"
#include "engine/sql.h"
#include "query/session/sql_session.h"

#include "testing/power_cut.h"
#include "testing/temporary_folder.h"

namespace pixlake::engine {

// A session and its SQL, as a command has them.
class Workbench {
 public:
  Workbench();

  const Session& session() const { return *session_; }
  // The rows of the last statement as text, a line each, in no order of their own.
  Result<std::string> Rows(const std::string& sql);
  Status Run(const std::string& sql) { return Rows(sql).status(); }
  // All that the table's log names is there and agrees with it. A checksum of the log may be
  // damaged: it is written without waiting for the disk, and who reads it knows (PutHint).
  void ExpectSound(const std::string& table);

 private:
  std::unique_ptr<Session> session_;
  std::unique_ptr<query::SqlSession> sql_;
};

// Puts the state into a folder of its own, `state/root`, and lets `check` look at it. What fails
// is told with where the cut was.
void CheckAfter(const test::PowerCut& cut, const std::function<void(const std::string& root)>& check);

}  // namespace pixlake::engine
