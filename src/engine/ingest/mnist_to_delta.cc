#include "engine/ingest/mnist_to_delta.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include <arrow/api.h>

#include "image/codec/png.h"
#include "image/pixels/contact_sheet.h"
#include "image/pixels/half_blocks.h"
#include "ingest/mnist_pipeline.h"
#include "ingest/mnist_source.h"
#include "lake/content/image_lookup.h"

namespace pixlake::engine {
namespace {

constexpr char kTreeFolder[] = "flat_files/mnist_png";
constexpr char kTableFolder[] = "artifacts/mnist_images_delta";
constexpr char kSheetFile[] = "artifacts/mnist_contact_sheet.png";

// The first images of the table, decoded: what is shown is what was stored.
Result<std::vector<image::GrayImage>> FirstImages(const table::Table& table, const table::Snapshot& snapshot,
                                                  int64_t count) {
  std::vector<image::GrayImage> images;
  PL_ASSIGN_OR_RETURN(const std::string column, lake::BlobColumnOf(*snapshot.definition().schema, ""));
  table::ScanRequest request;
  request.columns = {column};
  request.batch_rows = std::min<int64_t>(request.batch_rows, count);
  PL_ASSIGN_OR_RETURN(auto plan, snapshot.PlanScan(request));
  PL_ASSIGN_OR_RETURN(
      const auto reader,
      table::ReadAll(table.location().store, std::make_shared<const table::ScanPlan>(std::move(plan))));
  while (static_cast<int64_t>(images.size()) < count) {
    PL_ASSIGN_OR_RETURN(const auto batch, reader->Next());
    if (batch == nullptr) break;
    const auto& blobs = static_cast<const arrow::BinaryArray&>(*batch->column(0));
    for (int64_t i = 0; i < blobs.length() && static_cast<int64_t>(images.size()) < count; ++i) {
      const std::string_view png = blobs.GetView(i);
      PL_ASSIGN_OR_RETURN(image::GrayImage decoded,
                          image::DecodePngToGray({reinterpret_cast<const uint8_t*>(png.data()), png.size()}));
      images.push_back(std::move(decoded));
    }
  }
  return images;
}

// What fits a terminal: as many columns as there is room for, a few rows.
Result<std::string> TextSheet(const std::vector<image::GrayImage>& images, TextPictures pictures,
                              int columns) {
  if (pictures == TextPictures::kNone || images.empty()) return std::string();
  image::ContactSheetOptions options;
  options.background = 0;
  const int across = std::max(1, columns / static_cast<int>(images.front().width + options.gap));
  options.columns = static_cast<uint32_t>(across);
  const size_t most = std::min(images.size(), static_cast<size_t>(across) * 2);
  PL_ASSIGN_OR_RETURN(const image::GrayImage sheet, MakeContactSheet(std::span(images).first(most), options));
  return pictures == TextPictures::kHalfBlocks ? image::RenderHalfBlocks(sheet.view())
                                               : image::RenderAscii(sheet.view());
}

Status Show(const table::Table& table, const table::Snapshot& snapshot, const io::Location& out,
            const MnistRequest& request, TextPictures pictures, int text_columns, MnistReport* report) {
  PL_ASSIGN_OR_RETURN(const auto images, FirstImages(table, snapshot, request.show));
  if (images.empty()) return Status::OK();
  image::ContactSheetOptions options;
  options.scale = 2;
  PL_ASSIGN_OR_RETURN(const image::GrayImage sheet, image::MakeContactSheet(images, options));
  PL_ASSIGN_OR_RETURN(auto encoder, image::PngEncoder::Make(6));
  std::vector<uint8_t> png;
  PL_RETURN_NOT_OK(encoder.Encode(sheet.view(), &png));
  report->contact_sheet = out.Child(kSheetFile);
  PL_RETURN_NOT_OK(
      out.store->Put(report->contact_sheet, {reinterpret_cast<const char*>(png.data()), png.size()}));
  return TextSheet(images, pictures, text_columns).Value(&report->text_sheet);
}

}  // namespace

Result<MnistReport> RunMnistToDelta(const Session& session, const MnistRequest& request,
                                    TextPictures pictures, int text_columns) {
  const StopScope scope = session.Enter();
  if (request.show > 0 && !request.write_table) {
    return Error(ErrorCode::kUsage, "--show takes its images from the table; leave --no-table out");
  }
  PL_ASSIGN_OR_RETURN(const io::Location out, session.Locate(request.out));
  ingest::MnistSourceOptions source;
  source.source = request.source;
  source.cache = request.cache;
  source.checksums = request.checksums;
  std::function<void(int64_t, int64_t)> download;
  source.on_download = [&](const std::string& file) {
    download = nullptr;  // its bar ends before the next begins
    download = session.Watch("Downloading " + file);
  };
  source.on_bytes = [&](int64_t bytes) { download(bytes, bytes); };
  PL_ASSIGN_OR_RETURN(const ingest::MnistFiles files, ingest::FindMnist(source));
  PL_ASSIGN_OR_RETURN(const int64_t total, ingest::CountMnist(files));
  download = nullptr;

  MnistReport report;
  report.published = files.published;
  report.downloaded_bytes = files.downloaded_bytes;
  ingest::MnistPipelineOptions options;
  const MemoryPlan plan = session.Plan(Work::kRewrite);
  options.memory_bytes = plan.content + plan.writers;
  options.threads = session.threads();
  options.png_level = request.png_level;
  PL_ASSIGN_OR_RETURN(const auto judge, session.MakeJudge({}));
  options.judge = judge.get();
  options.on_images = session.Watch("Writing images", total);
  if (request.write_tree) options.tree_folder = report.tree = out.Child(kTreeFolder);
  if (request.write_table) options.table = io::Location{out.store, report.table = out.Child(kTableFolder)};
  table::TableFormat* const format = session.new_table_format();
  const auto start = std::chrono::steady_clock::now();
  PL_ASSIGN_OR_RETURN(const ingest::MnistOutcome outcome, ingest::RunMnistPipeline(files, format, options));
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.images = outcome.images;
  report.png_bytes = outcome.png_bytes;
  report.label_counts = outcome.label_counts;
  if (!request.write_table) return report;
  report.table_version = outcome.commit->version;
  report.already_done = outcome.commit->already_done;
  PL_ASSIGN_OR_RETURN(const auto table, format->Open(*options.table));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  report.schema =
      query::DescribeColumns(*snapshot->definition().schema, snapshot->definition().partition_columns);
  if (request.show > 0)
    PL_RETURN_NOT_OK(Show(*table, *snapshot, out, request, pictures, text_columns, &report));
  return report;
}

}  // namespace pixlake::engine
