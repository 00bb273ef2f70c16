// MNIST to PNG files and a table (M0.3, M0.4).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "ingest/mnist_source.h"
#include "io/location.h"
#include "kernel/kernel.h"
#include "table/data_file_writer.h"
#include "table/table.h"

namespace pixlake::ingest {

struct MnistPipelineOptions {
  std::string tree_folder;            // <tree_folder>/<label>/<part>_<index>.png; empty: no files
  std::optional<io::Location> table;  // nullopt: no table
  int64_t memory_bytes = int64_t{1} << 30;
  int threads = 1;
  int png_level = 1;
  const kernel::Kernel* judge =
      nullptr;  // of every PNG before it is written; one that is not ok ends the run
  std::function<void(int64_t images, int64_t bytes)> on_images;  // called from several threads
};

struct MnistOutcome {
  int64_t images = 0;
  int64_t png_bytes = 0;
  std::map<int, int64_t> label_counts;
  std::optional<table::CommitOutcome> commit;
};

// image_binary binary, label string: the schema M0.4 asks for, to the letter.
std::shared_ptr<arrow::Schema> MnistTableSchema();

// Opens both parts and checks, before anything is written, that images are
// uint8 of rank 3, labels uint8 of rank 1, and their counts match; gives the
// number of images.
Result<int64_t> CountMnist(const MnistFiles& files);

// Reads, encodes and writes both parts in bounded memory. The table is created when
// there is none and appended to in one commit with a txn named for the data, so
// a second run adds nothing. kSchemaMismatch for a table of other columns,
// kAlreadyExists for one that holds other rows. On any error nothing is committed.
Result<MnistOutcome> RunMnistPipeline(const MnistFiles& files, table::TableFormat* format,
                                      const MnistPipelineOptions& options);

}  // namespace pixlake::ingest
