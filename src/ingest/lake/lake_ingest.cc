#include "ingest/lake/lake_ingest.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/memory/byte_size.h"
#include "base/stop/stop_token.h"
#include "ingest/lake/content_pipeline_internal.h"
#include "ingest/lake/lake_stage_internal.h"
#include "ingest/source/folder/path_filter_internal.h"
#include "ingest/source/url/wanted_urls_internal.h"
#include "lake/lake_lock.h"
#include "lake/lake_tables.h"
#include "lake/scratch.h"

namespace pixlake::ingest {
namespace {

constexpr int64_t kLeastMemory = int64_t{64} << 20;
constexpr int64_t kMaxBatchBytes = int64_t{16} << 20;
constexpr int64_t kBytesOfADescription = int64_t{16} << 10;

int64_t NowMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The places in the lake's own folders: a lake may lie inside what is ingested.
std::vector<std::string> UrisOf(const catalog::Lake& lake) {
  std::vector<io::Location> places = {lake.place()};
  for (const std::string& zone : catalog::Zones()) places.push_back(lake.ZonePlace(zone));
  std::vector<std::string> uris;
  for (const io::Location& place : places) {
    const bool local = place.store->scheme() == "file";
    uris.push_back((local ? "file://" + io::PercentEncodePath(place.path) : place.path) + "/");
  }
  return uris;
}

class Run {
 public:
  Run(const catalog::Lake& lake, table::TableFormat* format, const LakeIngestOptions& options)
      : lake_(lake), format_(format), options_(options), lake_uris_(UrisOf(lake)) {}

  Result<LakeIngestReport> Execute(const std::vector<std::string>& arguments) {
    PL_ASSIGN_OR_RETURN(auto source, OpenTheSource(arguments));
    return Take(std::move(source));
  }

  Result<LakeIngestReport> Take(std::unique_ptr<Source> source) {
    if (scratch_ == nullptr) {
      PL_ASSIGN_OR_RETURN(scratch_, lake::Scratch::Make(lake_));
    }
    PL_ASSIGN_OR_RETURN(const auto lock, lake::LakeLock::Acquire(lake_, "ingest", options_.on_wait));
    lock_ = lock.get();
    const Status taken = TakeAlone(source.get());
    stage_.reset();
    source.reset();
    PL_RETURN_NOT_OK(lock->Explain(taken));
    return report_;
  }

 private:
  Status TakeAlone(Source* source) {
    scratch_->CleanLeftovers();
    PL_ASSIGN_OR_RETURN(tables_, lake::OpenLakeTables(lake_, format_, lock_->epoch()));
    // Before anything of their state is believed.
    if (lock_->took_over()) {
      PL_RETURN_NOT_OK(tables_.Fence(*lock_->epoch()));
    }
    lock_->NoteFenced();
    PL_ASSIGN_OR_RETURN(report_.replayed_batches,
                        lake::ReplayManifests(lake_, format_, lock_->epoch(), tables_.LastBatchEpoch()));
    if (report_.replayed_batches > 0) PL_RETURN_NOT_OK(tables_.Refresh());
    PL_ASSIGN_OR_RETURN(known_,
                        lake::KnownPlaces::Load(tables_.sources.place.store, *tables_.sources.snapshot,
                                                options_.memory.index / 3 * 2));
    PL_RETURN_NOT_OK(TakeContents(source));
    PL_RETURN_NOT_OK(NoteGone(*source));
    PL_RETURN_NOT_OK(CommitStage());
    for (const lake::OpenedLakeTable* table : tables_.All())
      report_.versions[table->name.text()] = table->snapshot->version();
    return Status::OK();
  }

  Result<std::unique_ptr<Source>> OpenTheSource(const std::vector<std::string>& arguments) {
    PL_ASSIGN_OR_RETURN(scratch_, lake::Scratch::Make(lake_));
    SourceOptions source = options_.source;
    source.spill_folder = scratch_->folder();
    source.max_buffered_bytes = BatchBytes();
    source.known = [this](const std::string& uri, const std::string& etag) {
      return MeetContainer(uri, etag);
    };
    source.known_whole = [this](const std::string& uri, const std::string& etag) {
      return known_->IsFileAs(uri, etag) && !options_.rehash;
    };
    source.taken = [this](const std::string& uri, const std::string& etag, const lake::Label& label) {
      return !options_.rehash && known_->IsTaken(uri, etag, label, etag == kTakenOnce);
    };
    return OpenSources(arguments, source);
  }

  int64_t BatchBytes() const { return std::min(kMaxBatchBytes, options_.memory.content / 3); }

  bool MeetContainer(const std::string& uri, const std::string& etag) {
    return !options_.rehash && known_->MeetContainer(uri, etag);
  }

  void DropKnown(std::vector<SourceItem>* items) {
    std::erase_if(*items, [this](const SourceItem& item) {
      if (std::any_of(lake_uris_.begin(), lake_uris_.end(),
                      [&item](const std::string& uri) { return item.uri.starts_with(uri); }))
        return true;
      ++report_.items;
      // An archive that was kept whole and is now opened has the etag it had.
      const bool opened_now =
          item.kind == SourceItem::Kind::kContainer && known_->IsFileAs(item.uri, item.etag);
      const bool same = known_->Meet(item.uri, item.etag, item.mtime_ns, item.label) && !opened_now;
      // What was fetched is there because it may have been mended.
      const bool unchanged = same && !options_.rehash && item.problem.ok() && !item.fetched;
      if (unchanged) ++report_.unchanged;
      return unchanged;
    });
  }

  Status TakeContents(Source* source) {
    sandbox::Examiner examiner({options_.memory.decoders, options_.threads});
    PL_ASSIGN_OR_RETURN(const auto judge,
                        options_.kernels->Make("judge", kernel::ToParameters(options_.examine)));
    PipelineOptions pipeline;
    pipeline.content.judge = judge.get();
    pipeline.content.context.memory_bytes = options_.memory.decoders;
    pipeline.content.context.stop = CurrentStopToken();
    pipeline.content.context.examiner = &examiner;
    pipeline.content.max_buffered_bytes = BatchBytes();
    pipeline.content.spill_folder = scratch_->folder();
    pipeline.threads = options_.threads;
    pipeline.batch_bytes = BatchBytes();
    // What small images say of themselves takes more room than they do, and is not counted.
    if (options_.examine.describe) {
      pipeline.batch_items =
          std::clamp<int64_t>(BatchBytes() / kBytesOfADescription, 64, pipeline.batch_items);
    }
    // More batches than keep the threads busy would only be colder when they are written.
    const int64_t busy = (2 * int64_t{options_.threads} + 2) * BatchBytes();
    pipeline.budget_bytes = std::max(std::min(options_.memory.content, busy), 2 * BatchBytes());
    pipeline.drop_known = [this](std::vector<SourceItem>* items) {
      const auto before = static_cast<int64_t>(items->size());
      DropKnown(items);
      if (options_.on_items) options_.on_items(before - static_cast<int64_t>(items->size()), 0);
    };
    ContentPipeline contents(source, pipeline);
    while (true) {
      PL_RETURN_NOT_OK(CheckStopped());
      PL_RETURN_NOT_OK(lock_->Check());
      PL_ASSIGN_OR_RETURN(auto batch, contents.Next());
      if (batch == nullptr) break;
      PL_RETURN_NOT_OK(EnsureStage());
      int64_t bytes = 0;
      for (const Content& content : batch->contents) bytes += static_cast<int64_t>(content.bytes.size());
      const auto items = static_cast<int64_t>(batch->contents.size());
      PL_RETURN_NOT_OK(stage_->Add(batch.get()));
      contents.Done(std::move(batch));
      if (options_.on_items) options_.on_items(items, bytes);
      staged_items_ += items;
      if (stage_->counts().bytes >= options_.batch_bytes || staged_items_ >= options_.batch_items ||
          NowMillis() - stage_began_ms_ >= options_.batch_millis) {
        PL_RETURN_NOT_OK(CommitStage());
      }
    }
    report_.skipped = source->skipped();
    report_.notes = source->notes();
    return Status::OK();
  }

  // Hidden files and what lies behind links are there though this run may not look at them.
  bool IsStillThere(const std::string& uri) const {
    const size_t member = uri.find('#');
    if (member != std::string::npos)
      return !PathFilter(options_.source).TakesComponents(uri.substr(member + 1));
    const auto place = io::Locate(uri);
    struct stat info {};
    if (!place.ok()) return false;
    if (::stat(place->path.c_str(), &info) == 0) return S_ISREG(info.st_mode);
    return errno != ENOENT && errno != ENOTDIR && errno != ELOOP;
  }

  // Only a run that saw the whole of a folder can tell what is no longer in it.
  Status NoteGone(const Source& source) {
    for (const std::string& root : source.complete_roots()) {
      PL_RETURN_NOT_OK(known_->ForEachNotMet(tables_.sources.place.store, *tables_.sources.snapshot, root,
                                             [&](std::string_view uri) -> Status {
                                               if (IsStillThere(std::string(uri))) return Status::OK();
                                               PL_RETURN_NOT_OK(EnsureStage());
                                               return stage_->AddGone(uri);
                                             }));
    }
    return Status::OK();
  }

  Status EnsureStage() {
    if (stage_ != nullptr) return Status::OK();
    StageOptions stage;
    stage.index_bytes = options_.memory.index / 3;
    stage.writer_bytes = options_.memory.writers;
    stage.max_value_bytes = options_.max_value_bytes;
    staged_items_ = 0;
    stage_began_ms_ = NowMillis();
    return LakeStage::Begin(lake_, &tables_, known_.get(), NowMicros(), stage).Value(&stage_);
  }

  Status CommitStage() {
    if (stage_ == nullptr) return Status::OK();
    const std::unique_ptr<LakeStage> stage = std::move(stage_);
    if (!stage->empty()) {
      PL_ASSIGN_OR_RETURN(const int64_t number, tables_.NextBatch());
      PL_ASSIGN_OR_RETURN(lake::BatchManifest manifest, stage->Finish(number));
      if (lock_->epoch()) manifest.epoch = lock_->epoch()->epoch;
      PL_RETURN_NOT_OK(lock_->Check());
      PL_RETURN_NOT_OK(lake::PutManifest(lake_, manifest));
      const auto commits = lake::CommitManifest(lake_, format_, manifest, lock_->epoch());
      if (!commits.ok()) {
        return WithContext(commits.status(),
                           "the batch is staged and a run again commits it, nothing is lost");
      }
      ++report_.batches;
      PL_RETURN_NOT_OK(tables_.Refresh());
    }
    report_.added.Add(stage->counts());
    return Status::OK();
  }

  const catalog::Lake& lake_;
  table::TableFormat* const format_;
  const LakeIngestOptions& options_;
  const std::vector<std::string> lake_uris_;
  std::unique_ptr<lake::Scratch> scratch_;
  lake::LakeLock* lock_ = nullptr;
  lake::LakeTables tables_;
  std::unique_ptr<lake::KnownPlaces> known_;
  std::unique_ptr<LakeStage> stage_;
  int64_t staged_items_ = 0;
  int64_t stage_began_ms_ = 0;
  LakeIngestReport report_;  // its counts of items: written by the pipeline, one thread at a time
};

Status CheckMemory(const LakeIngestOptions& options) {
  if (options.memory.sum() >= kLeastMemory) return Status::OK();
  return Error(ErrorCode::kUsage,
               fmt::format("ingest needs at least --memory {}, not {}", FormatByteSize(kLeastMemory),
                           FormatByteSize(options.memory.sum())));
}

Result<LakeIngestReport> Explained(Result<LakeIngestReport> report) {
  if (!report.ok() && CodeOf(report.status()) == ErrorCode::kCancelled)
    return WithContext(report.status(), "what was committed stays; run again to go on");
  return report;
}

}  // namespace

Result<LakeIngestReport> IngestIntoLake(const catalog::Lake& lake, table::TableFormat* format,
                                        const std::vector<std::string>& arguments,
                                        const LakeIngestOptions& options) {
  PL_RETURN_NOT_OK(CheckMemory(options));
  Run run(lake, format, options);
  return Explained(run.Execute(arguments));
}

Result<LakeIngestReport> IngestFrom(const catalog::Lake& lake, table::TableFormat* format,
                                    std::unique_ptr<Source> source, const LakeIngestOptions& options) {
  PL_RETURN_NOT_OK(CheckMemory(options));
  Run run(lake, format, options);
  return Explained(run.Take(std::move(source)));
}

}  // namespace pixlake::ingest
