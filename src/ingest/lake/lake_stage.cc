#include <algorithm>
#include <cstdio>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.h"
#include "ingest/lake/keep_beside_internal.h"
#include "ingest/lake/lake_stage_internal.h"
#include "ingest/lake/metadata_rows_internal.h"
#include "ingest/source/url/wanted_urls_internal.h"

namespace pixlake::ingest {
namespace {

// Half of what readers are fine with: the less memory is touched, the warmer it is.
constexpr int64_t kMostRowGroup = int64_t{64} << 20;

// The etag a place is remembered under. What could not be read is remembered with its
// reason, so that it is tried again and only news is written.
std::string RememberedEtag(const Content& content) {
  if (!content.id.empty() || content.item.kind == SourceItem::Kind::kContainer) return content.item.etag;
  return fmt::format("{}:{}", image::VerdictName(content.judgement.verdict), content.item.etag);
}

// Whether what kept a place's bytes from us lies outside them, so that another try is worth a word:
// an unchanged file that is no sound archive stays one.
bool MayHavePassed(const Content& content) {
  return content.item.fetched || content.item.etag == kTakenOnce ||
         content.judgement.verdict == image::Verdict::kUnreadable;
}

}  // namespace

void StageCounts::Add(const StageCounts& other) {
  images += other.images;
  described += other.described;
  binary += other.binary;
  quarantined += other.quarantined;
  duplicates += other.duplicates;
  unchanged += other.unchanged;
  failed_again += other.failed_again;
  resolved += other.resolved;
  places += other.places;
  gone += other.gone;
  bytes += other.bytes;
  for (const auto& [verdict, count] : other.verdicts) verdicts[verdict] += count;
}

Result<std::unique_ptr<LakeStage>> LakeStage::Begin(const catalog::Lake& lake, lake::LakeTables* tables,
                                                    lake::KnownPlaces* known, int64_t now_us,
                                                    const StageOptions& options) {
  std::unique_ptr<LakeStage> stage(new LakeStage(lake, known, now_us, options));
  PL_RETURN_NOT_OK(stage->Init(tables));
  return stage;
}

LakeStage::~LakeStage() = default;

Status LakeStage::Init(lake::LakeTables* tables) {
  date_ = FormatTimestamp(now_us_ / 1000).substr(0, 10);
  images_.opened = &tables->images;
  binary_.opened = &tables->binary;
  quarantine_.opened = &tables->quarantine;
  metadata_ = &tables->metadata;
  sources_ = &tables->sources;
  lake::IdIndexOptions index;
  index.memory_bytes = std::max<int64_t>(options_.index_bytes / 3, int64_t{1} << 20);
  for (ContentTable* table : {&images_, &binary_, &quarantine_}) {
    PL_ASSIGN_OR_RETURN(table->index,
                        lake::IdIndex::Open(table->opened->place, table->opened->snapshot, index));
  }
  return Status::OK();
}

Result<table::DataFileWriter*> LakeStage::WriterOf(const lake::OpenedLakeTable& opened, int64_t memory,
                                                   std::unique_ptr<table::DataFileWriter>* writer) {
  if (*writer == nullptr) {
    table::DataFileOptions file;
    file.parquet.row_group_bytes = std::clamp<int64_t>(memory / 2, int64_t{1} << 20, kMostRowGroup);
    // While one row group goes to the disk the next one fills.
    file.parquet.page_memory_bytes = 2 * file.parquet.row_group_bytes;
    file.parquet.bloom_filter_columns = {"id"};
    file.parquet.distinct_columns = {"filename", "source", "created_at", "uri", "etag", "mtime", "document"};
    file.partition_values = {{"date_partition", date_}};
    PL_ASSIGN_OR_RETURN(*writer, table::DataFileWriter::Make(opened.place, opened.file_schema, file));
  }
  return writer->get();
}

Result<bool> LakeStage::IsNew(ContentTable* table, const Content& content) {
  if (content.id.empty()) return true;
  PL_ASSIGN_OR_RETURN(const auto place, table->index->Find(content.digest));
  if (place) return false;
  return table->ids.Insert(content.digest);
}

Status LakeStage::Add(ContentBatch* batch) {
  std::vector<const Content*> rows[3];
  std::vector<const Content*> places;
  ContentTable* const tables[3] = {&images_, &binary_, &quarantine_};
  for (Content& content : batch->contents) {
    if (content.item.kind == SourceItem::Kind::kContainer) {
      NoteTry(&content);
      places.push_back(&content);
      continue;
    }
    const auto destination = static_cast<size_t>(content.destination);
    const PriorTries prior = NoteTry(&content);
    // Met before exactly like this: a doubt about its content that came to nothing.
    bool no_news = (!content.id.empty() || !MayHavePassed(content)) &&
                   known_->IsAs(content.item.uri, RememberedEtag(content), content.id, content.item.label);
    if (no_news && !content.id.empty()) {
      // Judged otherwise than before, it goes elsewhere: that is news.
      PL_ASSIGN_OR_RETURN(const auto place, tables[destination]->index->Find(content.digest));
      no_news = place.has_value();
    }
    if (no_news) {
      ++counts_.unchanged;
      // What was asked for again and is no better: its place says how often.
      if (content.item.fetched && prior.quarantined) places.push_back(&content);
    } else {
      if (content.failed_again) ++counts_.failed_again;
      PL_ASSIGN_OR_RETURN(const bool fresh, IsNew(tables[destination], content));
      const bool large = content.owner != nullptr;
      if (!fresh) {
        ++counts_.duplicates;
      } else if (large) {
        PL_RETURN_NOT_OK(AddContents(tables[destination], rows[destination]));
        rows[destination].clear();
        PL_RETURN_NOT_OK(AddLarge(tables[destination], &content));
      } else {
        rows[destination].push_back(&content);
      }
      places.push_back(&content);
    }
    if (!content.spilled.empty()) ::unlink(content.spilled.c_str());
  }
  for (size_t i = 0; i < 3; ++i) PL_RETURN_NOT_OK(AddContents(tables[i], rows[i]));
  return AddPlaces(places);
}

LakeStage::PriorTries LakeStage::NoteTry(Content* content) {
  const auto known = known_->Find(content->item.uri);
  PriorTries prior;
  prior.quarantined = known && !known->gone && known->quarantined;
  prior.failed = prior.quarantined && known->id_hash == 0;
  content->attempts = (prior.quarantined ? static_cast<int>(known->attempts) : 0) + 1;
  const bool quarantined = content->destination == Destination::kQuarantine;
  content->failed_again = prior.failed && quarantined && content->id.empty();
  if (prior.quarantined && !quarantined) ++counts_.resolved;
  return prior;
}

Status LakeStage::AddContents(ContentTable* table, const std::vector<const Content*>& contents,
                              const std::string& content_uri) {
  if (contents.empty()) return Status::OK();
  const int64_t share = table == &images_ ? options_.writer_bytes / 2 : SmallShare();
  PL_ASSIGN_OR_RETURN(auto* writer, WriterOf(*table->opened, share, &table->writer));
  PL_ASSIGN_OR_RETURN(const auto rows,
                      BuildRows(table->opened->file_schema, contents, {now_us_, content_uri}));
  PL_RETURN_NOT_OK(writer->Write(*rows));
  Count(*table, contents);
  return table == &images_ ? AddDescriptions(contents) : Status::OK();
}

Status LakeStage::AddDescriptions(const std::vector<const Content*>& contents) {
  std::vector<std::vector<sink::Value>> rows;
  for (const Content* content : contents) {
    if (content->description.members.empty()) continue;
    rows.push_back(SuccessRow({content->item.uri, content->id, content->bytes.size()}, content->header,
                              content->description, true));
  }
  if (rows.empty()) return Status::OK();
  PL_ASSIGN_OR_RETURN(auto* writer, WriterOf(*metadata_, SmallShare(), &metadata_writer_));
  PL_ASSIGN_OR_RETURN(const auto batch, BuildMetadataRows(metadata_->file_schema, rows, now_us_));
  counts_.described += static_cast<int64_t>(rows.size());
  return writer->Write(*batch);
}

void LakeStage::Count(const ContentTable& table, const std::vector<const Content*>& contents) {
  for (const Content* content : contents) {
    if (content->failed_again) continue;
    ++(&table == &images_ ? counts_.images : &table == &binary_ ? counts_.binary : counts_.quarantined);
    counts_.bytes += static_cast<int64_t>(content->bytes.size());
    if (&table == &quarantine_)
      ++counts_.verdicts[std::string(image::VerdictName(content->judgement.verdict))];
  }
}

Status LakeStage::AddLarge(ContentTable* table, Content* content) {
  if (static_cast<int64_t>(content->bytes.size()) <= options_.max_value_bytes)
    return AddContents(table, {content});
  const std::string folder = table->opened->place.Child("_pixlake/blobs");
  PL_RETURN_NOT_OK(
      table->opened->place.store->Put(folder + "/README",
                                      "Values too large for the table's data files, by SHA-256; the "
                                      "column content_uri of their rows names them.\n"));
  PL_RETURN_NOT_OK(KeepBeside(table->opened->place.store.get(), folder, content));
  return AddContents(table, {content}, "_pixlake/blobs/" + content->id);
}

Status LakeStage::AddPlaces(const std::vector<const Content*>& contents) {
  std::vector<PlaceRow> rows;
  std::vector<std::string> etags;
  etags.reserve(contents.size());
  for (const Content* content : contents) {
    const SourceItem& item = content->item;
    const std::string& etag = etags.emplace_back(RememberedEtag(*content));
    const bool is_file = item.kind == SourceItem::Kind::kFile;
    const bool quarantined = is_file && content->destination == Destination::kQuarantine;
    const int attempts = is_file ? content->attempts : 0;
    PL_ASSIGN_OR_RETURN(
        const int64_t first_us,
        known_->Record(item.uri, {etag, content->id, item.label, quarantined, attempts}, seen_us_));
    PlaceRow row;
    row.attempts = attempts;
    if (quarantined) row.problem = content->judgement.message;
    row.uri = item.uri;
    row.etag = etag;
    row.size = item.size;
    row.mtime_ns = item.mtime_ns;
    row.id = content->id;
    if (is_file) {
      row.table = content->destination == Destination::kImages   ? "raw.images"
                  : content->destination == Destination::kBinary ? "raw.binary"
                                                                 : "raw.quarantine";
    }
    row.has_label = item.label.has_value();
    if (item.label) row.label = *item.label;
    row.attributes = item.attributes;
    row.first_seen_us = first_us;
    row.last_seen_us = seen_us_;
    rows.push_back(row);
  }
  return WritePlaces(rows);
}

Status LakeStage::AddGone(std::string_view uri) {
  PlaceRow row;
  row.uri = uri;
  row.gone = true;
  row.first_seen_us = row.last_seen_us = seen_us_;
  ++counts_.gone;
  return WritePlaces({row});
}

Status LakeStage::WritePlaces(const std::vector<PlaceRow>& rows) {
  if (rows.empty()) return Status::OK();
  PL_ASSIGN_OR_RETURN(auto* writer, WriterOf(*sources_, SmallShare(), &sources_writer_));
  PL_ASSIGN_OR_RETURN(const auto batch, BuildPlaceRows(sources_->file_schema, rows));
  PL_RETURN_NOT_OK(writer->Write(*batch));
  counts_.places += static_cast<int64_t>(rows.size());
  return Status::OK();
}

Result<lake::BatchManifest> LakeStage::Finish(int64_t number) {
  lake::BatchManifest manifest;
  manifest.number = number;
  // Images last: whoever sees an image finds where it came from.
  const std::pair<const lake::OpenedLakeTable*, table::DataFileWriter*> order[] = {
      {quarantine_.opened, quarantine_.writer.get()},
      {metadata_, metadata_writer_.get()},
      {sources_, sources_writer_.get()},
      {binary_.opened, binary_.writer.get()},
      {images_.opened, images_.writer.get()}};
  for (const auto& [opened, writer] : order) {
    if (writer == nullptr) continue;
    auto files = writer->Finish();
    if (!files.ok()) {
      lake::RemoveStaged(lake_, manifest);
      return files.status();
    }
    manifest.tables.push_back({opened->name, *std::move(files)});
  }
  return manifest;
}

}  // namespace pixlake::ingest
