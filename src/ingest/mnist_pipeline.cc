#include "ingest/mnist_pipeline.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <numeric>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <fmt/format.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_pipeline.h>

#include "base/stop/stop_token.h"
#include "base/work/executor.h"
#include "image/codec/png.h"
#include "ingest/idx_stream.h"
#include "ingest/png_tree.h"
#include "kernel/judged.h"

namespace pixlake::ingest {
namespace {

constexpr int64_t kBatchPixelBytes = 1 << 20;
constexpr char kTxnPrefix[] = "pixlake/mnist-to-delta/";

struct PartStreams {
  std::string name;
  std::unique_ptr<IdxStream> images;
  std::unique_ptr<IdxStream> labels;
};

// Some images of one part on their way through the pipeline.
struct Batch {
  std::string part;
  int64_t first = 0;  // index within the part
  int64_t count = 0;
  uint32_t width = 0;
  uint32_t height = 0;
  std::vector<uint8_t> pixels;
  std::vector<uint8_t> labels;
  std::vector<uint8_t> png;      // all PNGs, one after the other
  std::vector<int32_t> offsets;  // count + 1 into png
};

Result<PartStreams> OpenPart(const MnistPart& part) {
  PartStreams streams;
  streams.name = part.name;
  PL_ASSIGN_OR_RETURN(streams.images, IdxStream::Open(part.images));
  PL_ASSIGN_OR_RETURN(streams.labels, IdxStream::Open(part.labels));
  const image::IdxHeader& images = streams.images->header();
  const image::IdxHeader& labels = streams.labels->header();
  if (images.type != image::IdxType::kUint8 || images.dimensions.size() != 3) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("{}: offset 2: expected images: uint8 of 3 dimensions, found {} of {}",
                             streams.images->path(), IdxTypeName(images.type), images.dimensions.size()));
  }
  if (labels.type != image::IdxType::kUint8 || labels.dimensions.size() != 1) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("{}: offset 2: expected labels: uint8 of 1 dimension, found {} of {}",
                             streams.labels->path(), IdxTypeName(labels.type), labels.dimensions.size()));
  }
  if (images.item_count != labels.item_count) {
    return Error(
        ErrorCode::kCorrupt,
        fmt::format("{}: offset 4: expected as many labels as {} has images ({}), found {}",
                    streams.labels->path(), streams.images->path(), images.item_count, labels.item_count));
  }
  if (images.item_count > 0 && (images.item_bytes == 0 || images.item_bytes > (int64_t{1} << 28))) {
    return Error(ErrorCode::kUnsupported, fmt::format("{}: offset 8: images of {} bytes; expected 1 to 2^28",
                                                      streams.images->path(), images.item_bytes));
  }
  return streams;
}

// The state shared by the pipeline's stages. `Fail` may be called from any thread;
// the first error stops the source and is what the run returns.
class Pipeline {
 public:
  Pipeline(std::vector<PartStreams> parts, PngTree* tree, table::DataFileWriter* writer,
           const MnistPipelineOptions& options)
      : parts_(std::move(parts)), tree_(tree), writer_(writer), options_(options), encoders_([&options] {
          return image::PngEncoder::Make(options.png_level);
        }) {}

  Status Run() {
    try {
      // The arena's threads are nobody's: each step says whose work it does.
      const StopToken stop = CurrentStopToken();
      CurrentExecutor()->RunInArena([this, stop] {
        using oneapi::tbb::filter_mode;
        using oneapi::tbb::make_filter;
        using BatchPtr = std::unique_ptr<Batch>;
        // shared_ptr, for TBB copies what passes between filters.
        using Token = std::shared_ptr<Batch>;
        oneapi::tbb::parallel_pipeline(
            MostBatches(),
            make_filter<void, Token>(filter_mode::serial_in_order,
                                     [this, stop](oneapi::tbb::flow_control& control) -> Token {
                                       const StopScope scope(stop);
                                       BatchPtr batch = Next();
                                       if (batch == nullptr) control.stop();
                                       return batch;
                                     }) &
                make_filter<Token, Token>(filter_mode::parallel,
                                          [this, stop](Token batch) {
                                            const StopScope scope(stop);
                                            if (batch != nullptr) Fail(EncodeBatch(batch.get()));
                                            return batch;
                                          }) &
                make_filter<Token, void>(filter_mode::serial_in_order, [this, stop](const Token& batch) {
                  const StopScope scope(stop);
                  if (batch != nullptr) Fail(Append(*batch));
                }));
      });
    } catch (const std::bad_alloc&) {
      return Error(ErrorCode::kOverBudget,
                   "out of memory while encoding images; run again with a smaller --memory");
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    return status_;
  }

  MnistOutcome TakeOutcome() { return std::move(outcome_); }

 private:
  // Batches in flight: half of the budget, each counted with its PNGs at their worst.
  size_t MostBatches() const {
    int64_t largest = 1;
    for (const PartStreams& part : parts_)
      largest = std::max(largest, BatchRows(part) * part.images->header().item_bytes);
    const int64_t room = options_.memory_bytes / 2 / (3 * largest);
    return static_cast<size_t>(std::clamp<int64_t>(room, 1, 4 * std::max(1, options_.threads)));
  }

  static int64_t BatchRows(const PartStreams& part) {
    return std::max<int64_t>(1, kBatchPixelBytes / std::max<int64_t>(1, part.images->header().item_bytes));
  }

  bool Failed() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return !status_.ok();
  }

  void Fail(const Status& status) {
    if (status.ok()) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (status_.ok()) status_ = status;
  }

  // The next batch; null at the end or after an error.
  std::unique_ptr<Batch> Next() {
    Fail(CheckStopped());
    if (Failed()) return nullptr;
    while (part_ < parts_.size() &&
           parts_[part_].images->items_read() == parts_[part_].images->header().item_count) {
      // Nothing is left to read, which also checks that nothing follows.
      Fail(parts_[part_].images->Read(0, nullptr));
      Fail(parts_[part_].labels->Read(0, nullptr));
      ++part_;
    }
    if (Failed()) return nullptr;
    if (part_ == parts_.size()) return nullptr;
    auto batch = std::make_unique<Batch>();
    const Status status = ReadBatch(&parts_[part_], batch.get());
    Fail(status);
    return status.ok() ? std::move(batch) : nullptr;
  }

  static Status ReadBatch(PartStreams* part, Batch* batch) {
    const image::IdxHeader& header = part->images->header();
    batch->part = part->name;
    batch->first = part->images->items_read();
    batch->count = std::min(BatchRows(*part), header.item_count - batch->first);
    batch->height = header.dimensions[1];
    batch->width = header.dimensions[2];
    batch->pixels.resize(static_cast<size_t>(batch->count * header.item_bytes));
    batch->labels.resize(static_cast<size_t>(batch->count));
    PL_RETURN_NOT_OK(part->images->Read(batch->count, batch->pixels.data()));
    return part->labels->Read(batch->count, batch->labels.data());
  }

  Status EncodeBatch(Batch* batch) {
    if (Failed()) return Status::OK();
    Result<image::PngEncoder>& encoder = encoders_.local();
    PL_RETURN_NOT_OK(encoder.status());
    const size_t pixels = size_t{batch->width} * batch->height;
    batch->png.reserve(batch->pixels.size() / 2);
    batch->offsets.assign(1, 0);
    for (int64_t i = 0; i < batch->count; ++i) {
      const std::span<const uint8_t> image(batch->pixels.data() + static_cast<size_t>(i) * pixels, pixels);
      PL_RETURN_NOT_OK(encoder->Encode({image, batch->width, batch->height}, &batch->png));
      batch->offsets.push_back(static_cast<int32_t>(batch->png.size()));
    }
    batch->pixels = {};
    PL_RETURN_NOT_OK(Judge(*batch));
    if (tree_ != nullptr) PL_RETURN_NOT_OK(WriteFiles(*batch));
    if (options_.on_images) options_.on_images(batch->count, static_cast<int64_t>(batch->png.size()));
    return Status::OK();
  }

  static std::shared_ptr<arrow::BinaryArray> Blobs(const Batch& batch) {
    return std::make_shared<arrow::BinaryArray>(batch.count, arrow::Buffer::Wrap(batch.offsets),
                                                arrow::Buffer::Wrap(batch.png));
  }

  // What we made is looked at as what others made.
  Status Judge(const Batch& batch) const {
    kernel::Context context;
    context.stop = CurrentStopToken();
    PL_ASSIGN_OR_RETURN(const kernel::Judged judged,
                        kernel::JudgeColumn(*options_.judge, Blobs(batch), context));
    for (int64_t i = 0; i < batch.count; ++i) {
      if (judged.IsOk(i)) continue;
      const image::Judgement judgement = judged.Answer(i).judgement;
      return Error(ErrorCode::kInternal,
                   fmt::format("{}: the PNG made of image {} was judged {}: {}", batch.part, batch.first + i,
                               image::VerdictName(judgement.verdict), judgement.message));
    }
    return Status::OK();
  }

  // Label by label: creating files locks a folder, and batches at the same moment
  // start with different ones.
  Status WriteFiles(const Batch& batch) {
    std::vector<int64_t> order(static_cast<size_t>(batch.count));
    std::iota(order.begin(), order.end(), 0);
    const auto turn = static_cast<uint8_t>(next_turn_.fetch_add(5));
    const auto rank = [&](int64_t i) {
      return static_cast<uint8_t>(batch.labels[static_cast<size_t>(i)] + turn);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t a, int64_t b) { return rank(a) % 10 < rank(b) % 10; });
    for (const int64_t i : order) {
      const auto at = static_cast<size_t>(i);
      const std::span<const uint8_t> png(batch.png.data() + batch.offsets[at],
                                         static_cast<size_t>(batch.offsets[at + 1] - batch.offsets[at]));
      const std::string name = fmt::format("{}_{:05}.png", batch.part, batch.first + i);
      PL_RETURN_NOT_OK(tree_->Write(std::to_string(batch.labels[at]), name, png));
    }
    return Status::OK();
  }

  Status Append(const Batch& batch) {
    if (Failed()) return Status::OK();
    outcome_.images += batch.count;
    outcome_.png_bytes += static_cast<int64_t>(batch.png.size());
    for (const uint8_t label : batch.labels) ++outcome_.label_counts[label];
    if (writer_ == nullptr) return Status::OK();
    const auto blobs = Blobs(batch);
    arrow::StringBuilder labels;
    for (const uint8_t label : batch.labels) PL_RETURN_NOT_OK(labels.Append(std::to_string(label)));
    PL_ASSIGN_OR_RETURN(const auto label_array, labels.Finish());
    return writer_->Write(*arrow::RecordBatch::Make(MnistTableSchema(), batch.count, {blobs, label_array}));
  }

  std::vector<PartStreams> parts_;
  size_t part_ = 0;  // used by the source alone
  PngTree* const tree_;
  table::DataFileWriter* const writer_;
  const MnistPipelineOptions& options_;
  oneapi::tbb::enumerable_thread_specific<Result<image::PngEncoder>> encoders_;
  std::atomic<unsigned> next_turn_{0};
  std::mutex mutex_;
  Status status_;         // the first error
  MnistOutcome outcome_;  // used by the last stage alone
};

// kOverBudget unless a single batch of every part fits half of the budget.
Status CheckBudget(const std::vector<PartStreams>& parts, int64_t memory_bytes) {
  for (const PartStreams& part : parts) {
    const int64_t image = part.images->header().item_bytes;
    if (3 * image <= memory_bytes / 2) continue;
    return Error(ErrorCode::kOverBudget,
                 fmt::format("{}: one image takes {} bytes; run again with --memory of at least {} bytes",
                             part.images->path(), image, 6 * image));
  }
  return Status::OK();
}

// The table with the right schema, created when there is none.
Result<std::unique_ptr<table::Table>> OpenOrCreate(table::TableFormat* format, const io::Location& location) {
  PL_ASSIGN_OR_RETURN(const bool there, format->Detect(location));
  if (!there) {
    table::TableDefinition definition;
    definition.schema = MnistTableSchema();
    definition.name = "mnist_images_delta";
    auto created = format->Create(location, definition);
    // Another run may have been faster.
    if (created.ok() || CodeOf(created.status()) != ErrorCode::kAlreadyExists) return created;
  }
  return format->Open(location);
}

std::string OneLine(const arrow::Schema& schema) {
  std::string text;
  for (const auto& field : schema.fields()) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", field->name(), field->type()->ToString());
  }
  return text;
}

Status CheckTable(const table::Snapshot& snapshot, const std::string& path, bool ours_committed) {
  if (!snapshot.definition().schema->Equals(*MnistTableSchema(), /*check_metadata=*/false) ||
      !snapshot.definition().partition_columns.empty()) {
    return Error(
        ErrorCode::kSchemaMismatch,
        fmt::format(
            "the table at {} has the schema [{}]; expected [image_binary: binary, label: string] and no "
            "partitions; choose another --out",
            path, OneLine(*snapshot.definition().schema)));
  }
  PL_ASSIGN_OR_RETURN(const table::SnapshotTotals totals, snapshot.Totals());
  if (totals.num_files > 0 && !ours_committed) {
    return Error(
        ErrorCode::kAlreadyExists,
        fmt::format("the table at {} already holds rows that are not from this data; choose another --out",
                    path));
  }
  return Status::OK();
}

struct OpenedTable {
  std::unique_ptr<table::Table> table;
  std::shared_ptr<const table::Snapshot> snapshot;
  std::optional<table::CommitOutcome> done;  // set when it has this data already
};

Result<OpenedTable> OpenTable(table::TableFormat* format, const io::Location& location,
                              const std::string& app_id) {
  OpenedTable opened;
  PL_ASSIGN_OR_RETURN(opened.table, OpenOrCreate(format, location));
  PL_ASSIGN_OR_RETURN(opened.snapshot, opened.table->Load());
  const bool done = opened.snapshot->TxnVersion(app_id).value_or(0) >= 1;
  PL_RETURN_NOT_OK(CheckTable(*opened.snapshot, location.path, done));
  if (done) opened.done = table::CommitOutcome{opened.snapshot->version(), 0, true};
  return opened;
}

// Appends to the table as it was when opened; others' appends meanwhile are rebased
// over. The writer's files go with it when another run was faster.
Result<table::CommitOutcome> CommitRows(const OpenedTable& opened, const std::string& app_id,
                                        table::DataFileWriter* writer) {
  if (opened.done) return *opened.done;
  PL_ASSIGN_OR_RETURN(const auto transaction, opened.table->BeginAppend(opened.snapshot));
  transaction->SetTxn(app_id, 1);
  PL_ASSIGN_OR_RETURN(std::vector<table::StagedFile> staged, writer->Finish());
  for (table::StagedFile& file : staged) transaction->Append(std::move(file));
  return transaction->Commit();
}

}  // namespace

std::shared_ptr<arrow::Schema> MnistTableSchema() {
  return arrow::schema({arrow::field("image_binary", arrow::binary()), arrow::field("label", arrow::utf8())});
}

Result<int64_t> CountMnist(const MnistFiles& files) {
  int64_t images = 0;
  for (const MnistPart& part : files.parts) {
    PL_ASSIGN_OR_RETURN(const PartStreams streams, OpenPart(part));
    images += streams.images->header().item_count;
  }
  return images;
}

Result<MnistOutcome> RunMnistPipeline(const MnistFiles& files, table::TableFormat* format,
                                      const MnistPipelineOptions& options) {
  std::vector<PartStreams> parts;
  for (const MnistPart& part : files.parts) {
    PL_ASSIGN_OR_RETURN(PartStreams streams, OpenPart(part));
    parts.push_back(std::move(streams));
  }
  PL_RETURN_NOT_OK(CheckBudget(parts, options.memory_bytes));
  const std::string app_id = kTxnPrefix + files.id;
  std::unique_ptr<table::DataFileWriter> writer;
  std::optional<table::CommitOutcome> commit;
  OpenedTable opened;
  if (options.table) {
    PL_ASSIGN_OR_RETURN(const bool there, format->Detect(*options.table));
    if (there) {
      PL_ASSIGN_OR_RETURN(opened, OpenTable(format, *options.table, app_id));
      commit = opened.done;
    }
    if (!commit) {
      table::DataFileOptions file_options;
      file_options.parquet.row_group_bytes =
          std::min<int64_t>(file_options.parquet.row_group_bytes, options.memory_bytes / 4);
      PL_ASSIGN_OR_RETURN(writer,
                          table::DataFileWriter::Make(*options.table, MnistTableSchema(), file_options));
    }
  }
  std::unique_ptr<PngTree> tree;
  if (!options.tree_folder.empty()) {
    PL_ASSIGN_OR_RETURN(io::Location root, io::Locate(options.tree_folder));
    if (root.store->scheme() == "file") {
      PL_ASSIGN_OR_RETURN(tree, PngTree::Make(root.path));
    } else {
      tree = PngTree::MakeRemote(std::move(root));
    }
  }
  Pipeline pipeline(std::move(parts), tree.get(), writer.get(), options);
  PL_RETURN_NOT_OK(pipeline.Run());
  if (tree != nullptr) PL_RETURN_NOT_OK(tree->Finish());
  MnistOutcome outcome = pipeline.TakeOutcome();
  outcome.commit = commit;
  if (writer != nullptr) {
    PL_RETURN_NOT_OK(CheckStopped());
    if (opened.table == nullptr) {
      // Made only now, so that input which turned out damaged has left no table.
      PL_ASSIGN_OR_RETURN(opened, OpenTable(format, *options.table, app_id));
    }
    PL_ASSIGN_OR_RETURN(outcome.commit, CommitRows(opened, app_id, writer.get()));
  }
  return outcome;
}

}  // namespace pixlake::ingest
