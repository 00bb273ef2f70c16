// An IDX file read item by item, plain or gzip, in bounded memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "image/idx/idx.h"
#include "io/location.h"

namespace pixlake::ingest {

// Every error names the file, the offset (in the uncompressed data unless it says
// otherwise) and what was expected. Not thread-safe.
class IdxStream {
 public:
  // Reads the header. gzip is told by its magic, not by the name.
  static Result<std::unique_ptr<IdxStream>> Open(const io::Location& file);
  virtual ~IdxStream() = default;

  virtual const image::IdxHeader& header() const = 0;
  virtual const std::string& path() const = 0;
  virtual int64_t items_read() const = 0;
  // Once all is read: what a person should know of it; empty: nothing.
  virtual std::string remark() const = 0;

  // Fills `out` with the next `items` items (items * header().item_bytes bytes).
  // kCorrupt when the file ends first, or when after the last item more follows or
  // the gzip checksum does not fit: so once all items are read the file was whole.
  virtual Status Read(int64_t items, uint8_t* out) = 0;
};

}  // namespace pixlake::ingest
