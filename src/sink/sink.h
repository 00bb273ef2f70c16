// Where what was found out about images goes: successes to one sink, failures to another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "io/local_store.h"
#include "sink/url_set.h"

namespace pixlake::sink {

enum class ColumnType { kText, kInteger, kReal, kJson };

struct Column {
  std::string name;
  ColumnType type = ColumnType::kText;
};

// Null, a whole number, a number, a text or JSON; a list of texts comes to raw.metadata alone.
using Value = std::variant<std::monostate, int64_t, double, std::string, std::vector<std::string>>;

// Some rows. `lines` has them as JSON objects, each with a line feed behind it; `values`
// by the sink's columns (the first of which is the url), only where `takes_values` says so.
struct Rows {
  std::string lines;
  std::vector<UrlKey> keys;  // one a row
  std::vector<std::vector<Value>> values;

  bool empty() const { return keys.empty(); }
};

// Of one thread. After an error it may only be destroyed; the rows of a run that ended so
// are there in part, and a later run writes the others.
class Sink {
 public:
  virtual ~Sink() = default;

  // Whether `values` or `lines` are wanted.
  virtual bool takes_values() const = 0;

  // Calls back for every url that has a row from earlier runs. Before the first Write.
  virtual Status Known(const std::function<void(UrlKey)>& on_key) = 0;

  // One row a url: what was there under a url is replaced. May be held back until Flush.
  virtual Status Write(Rows rows) = 0;

  // Makes all that was written durable and visible.
  virtual Status Flush() = 0;

  // Removes earlier runs' rows of the urls in `urls` that this run has not written itself:
  // failures that were tried again and have another row now. The last call.
  virtual Status Supersede(const UrlSet& urls) = 0;

  // For people and programs: how many part files, or rows, this run has written.
  virtual int64_t parts() const = 0;
};

struct SinkOptions {
  std::vector<Column> columns;     // of a database's table
  std::string table = "images";    // its name when the URI names none
  int64_t part_bytes = 128 << 20;  // a part file of JSON lines closes behind this
  io::LocalOptions local;
};

}  // namespace pixlake::sink
