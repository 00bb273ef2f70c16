// References in, contents out.
#pragma once

#include <cstdint>
#include <memory>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "io/http/fetcher.h"
#include "io/local_store.h"

namespace pixlake::fetch {

struct ContentStreamOptions {
  io::LocalOptions local;
  io::FetchOptions remote;  // `memory_bytes`: of all contents from elsewhere that are held, about
  // False: of a JPEG no more than header, metadata and the check of its end look at. What a
  // reference names a part of is read whole.
  bool whole = true;
  // A batch closes at whichever comes first; a single larger content comes alone. `batch_rows` is
  // 1 to 1024: each local file that is not read whole holds a range of addresses.
  int64_t batch_rows = 64;
  int64_t batch_bytes = int64_t{16} << 20;
};

// What comes out, a row for each reference, in the order in which the bytes arrive. It has the
// columns that the kernel `judge` needs.
//
//   row           int64        which of the references it is, from 0
//   content       binary_view  null: it could not be had
//   filename      utf8         the last part of its path
//   fetched       bool         it came over a network
//   end_not_read  bool         the end of the bytes is not what the place has
//   descriptor    int32        an open file of just these bytes; null: none
//   content_type  utf8         of an HTTP answer
//   http_status   int32        null: no answer
//   attempts      int32
//   code          utf8         null, or why there is no content: an error code's name
//   message       utf8         and in words
std::shared_ptr<arrow::Schema> ContentSchema();

// OK where the row has a content, else why it has none.
Status ProblemOf(const arrow::RecordBatch& contents, int64_t row);

// Of one thread. Memory is bounded by `remote.memory_bytes` and by one batch: bytes are given back
// when the batch that holds them is let go.
class ContentStream {
 public:
  // kSchemaMismatch for a batch without `uri`, or with columns of other types.
  static Result<std::unique_ptr<ContentStream>> Open(std::shared_ptr<arrow::RecordBatch> references,
                                                     ContentStreamOptions options);
  virtual ~ContentStream() = default;

  // Null at the end. A reference that fails is a row with a `code`; an error is that the work
  // cannot go on (kCancelled, kOverBudget). A content of 2 GiB or more is such a row, kOverBudget.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;
};

}  // namespace pixlake::fetch
