// Writing deletion vectors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "delta/action/actions_internal.h"
#include "io/location.h"

namespace pixlake::delta {

// Z85 (ZeroMQ RFC 32): four bytes to five characters; a shorter last group is filled
// with zero bytes.
std::string EncodeZ85(std::string_view bytes);

// PROTOCOL.md, "Deletion Vector Format", the portable layout. `rows` are sorted and
// distinct (kInternal otherwise).
Result<std::string> EncodeRoaringArray(std::span<const uint64_t> rows);

// The vectors of one commit: small ones stay inline in the log, the others share one
// file `deletion_vector_<uuid>.bin` in the table's folder. Holds serialised bytes, not
// positions. Not thread-safe; destroyed, it leaves the file: whose commit it is decides.
class DeletionVectorWriter {
 public:
  // Returns which of the descriptors of Finish() this one is.
  Result<size_t> Add(std::span<const uint64_t> rows);

  // Makes the file durable (none when all are inline). Once.
  Result<std::vector<DeletionVectorDescriptor>> Finish(const io::Location& table);

  // The file's name in the table's folder; empty: there is none. After Finish.
  const std::string& file_name() const { return file_name_; }

 private:
  struct Vector {
    std::string bytes;
    int64_t cardinality = 0;
  };
  std::vector<Vector> vectors_;
  std::string file_name_;
};

}  // namespace pixlake::delta
