// The rows of one batch, on their way into the data files of five tables.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/hash_set.h"
#include "base/result.h"
#include "ingest/lake/content_internal.h"
#include "ingest/lake/lake_ingest.h"
#include "ingest/lake/row_builder_internal.h"
#include "lake/batch_manifest.h"
#include "lake/index/id_index.h"
#include "lake/known_places.h"
#include "lake/lake_tables.h"
#include "table/data_file_writer.h"

namespace pixlake::ingest {

struct StageOptions {
  int64_t index_bytes = int64_t{128} << 20;   // of all tables' id indexes
  int64_t writer_bytes = int64_t{128} << 20;  // of all files that are being written
  // More than this in one value is kept beside the table and referred to.
  int64_t max_value_bytes = int64_t{1} << 30;
};

// Takes contents in order, each content once per table (by index and by what this batch
// has), each place once. Of one thread. Destroyed before Finish, it removes what it wrote.
class LakeStage {
 public:
  // `now_us` dates all rows of the batch; those of raw.sources are never older than the
  // newest that is known.
  static Result<std::unique_ptr<LakeStage>> Begin(const catalog::Lake& lake, lake::LakeTables* tables,
                                                  lake::KnownPlaces* known, int64_t now_us,
                                                  const StageOptions& options);
  ~LakeStage();

  Status Add(ContentBatch* batch);
  // A place that is no longer there.
  Status AddGone(std::string_view uri);
  const StageCounts& counts() const { return counts_; }
  bool empty() const { return counts_.places == 0 && counts_.quarantined == 0; }

  // Closes the files; what is to be committed.
  Result<lake::BatchManifest> Finish(int64_t number);

 private:
  struct ContentTable {
    lake::OpenedLakeTable* opened = nullptr;
    std::unique_ptr<lake::IdIndex> index;
    std::unique_ptr<table::DataFileWriter> writer;
    HashSet<image::Sha256Digest> ids;  // of this batch
  };

  LakeStage(const catalog::Lake& lake, lake::KnownPlaces* known, int64_t now_us, StageOptions options)
      : lake_(lake),
        known_(known),
        now_us_(now_us),
        seen_us_(std::max(now_us, known->newest_us() + 1)),
        options_(options) {}
  Status Init(lake::LakeTables* tables);
  // How the place of a content was before.
  struct PriorTries {
    bool quarantined = false;
    bool failed = false;  // there was no content to be had
  };
  // Counts the try and what came of it.
  PriorTries NoteTry(Content* content);
  Result<bool> IsNew(ContentTable* table, const Content& content);
  // `content_uri`: where their bytes are, when not in the rows.
  Status AddContents(ContentTable* table, const std::vector<const Content*>& contents,
                     const std::string& content_uri = "");
  // Of the memory, for a table without images.
  // Of what waits in a file that is written: half is the images', the rest the other four's.
  int64_t SmallShare() const { return options_.writer_bytes / 8; }
  Status AddLarge(ContentTable* table, Content* content);
  void Count(const ContentTable& table, const std::vector<const Content*>& contents);
  Status AddDescriptions(const std::vector<const Content*>& contents);
  Status AddPlaces(const std::vector<const Content*>& contents);
  Status WritePlaces(const std::vector<PlaceRow>& rows);
  Result<table::DataFileWriter*> WriterOf(const lake::OpenedLakeTable& opened, int64_t memory,
                                          std::unique_ptr<table::DataFileWriter>* writer);

  const catalog::Lake lake_;
  lake::KnownPlaces* const known_;
  const int64_t now_us_;
  const int64_t seen_us_;
  const StageOptions options_;
  std::string date_;
  ContentTable images_;
  ContentTable binary_;
  ContentTable quarantine_;
  lake::OpenedLakeTable* metadata_ = nullptr;
  std::unique_ptr<table::DataFileWriter> metadata_writer_;
  lake::OpenedLakeTable* sources_ = nullptr;
  std::unique_ptr<table::DataFileWriter> sources_writer_;
  StageCounts counts_;
};

}  // namespace pixlake::ingest
