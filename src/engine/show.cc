#include "engine/show.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "engine/output/image_text.h"
#include "engine/sql.h"
#include "image/codec/png.h"
#include "image/pixels/contact_sheet.h"
#include "image/pixels/half_blocks.h"
#include "kernel/kernel.h"
#include "lake/content/image_lookup.h"
#include "query/session/open_sql_session.h"
#include "query/session/sql_reference.h"

namespace pixlake::engine {
namespace {

// A decoder takes up to 16 bytes a pixel; what does not fit is named, not shown.
constexpr int64_t kBytesAPixel = 16;

Result<std::string> SelectOf(const Session& session, const ShowRequest& request) {
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(request.table));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  PL_ASSIGN_OR_RETURN(const std::string column, lake::BlobColumnOf(*snapshot->definition().schema, ""));
  PL_ASSIGN_OR_RETURN(const std::string from, query::SqlReference(session, request.table));
  const std::string where = request.where.empty() ? "" : " WHERE (" + request.where + "\n)";
  return fmt::format("SELECT \"{}\" FROM {}{} LIMIT {}", column, from, where, request.limit);
}

Status Collect(const Session& session, const ShowRequest& request, std::vector<image::RgbImage>* thumbnails,
               ShowReport* report) {
  PL_ASSIGN_OR_RETURN(const auto kernel,
                      session.kernels().Make(
                          "thumbnail", {{"max_side", int64_t{request.max_side}},
                                        {"max_pixels", session.Plan(Work::kLookUp).decoders / kBytesAPixel},
                                        {"as", std::string("rgb")}}));
  kernel::Context context;
  context.stop = CurrentStopToken();
  PL_ASSIGN_OR_RETURN(const std::string sql, SelectOf(session, request));
  PL_ASSIGN_OR_RETURN(const auto sql_session, query::OpenSqlSession(session, Work::kLookUp));
  PL_ASSIGN_OR_RETURN(const auto rows, sql_session->Query(sql));
  while (true) {
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(const auto batch, rows->Next());
    if (batch == nullptr) return Status::OK();
    PL_ASSIGN_OR_RETURN(const auto contents, batch->RenameColumns({"content"}));
    PL_ASSIGN_OR_RETURN(const auto drawn, kernel->Run(*contents, context));
    const auto& pictures = static_cast<const arrow::LargeBinaryArray&>(*drawn->GetColumnByName("thumbnail"));
    const auto& widths = static_cast<const arrow::Int32Array&>(*drawn->GetColumnByName("width"));
    const auto& heights = static_cast<const arrow::Int32Array&>(*drawn->GetColumnByName("height"));
    const auto& problems = static_cast<const arrow::StringArray&>(*drawn->GetColumnByName("problem"));
    for (int64_t i = 0; i < drawn->num_rows(); ++i) {
      if (pictures.IsNull(i)) {
        report->not_shown.push_back(problems.IsNull(i) ? "null content" : problems.GetString(i));
        continue;
      }
      const std::string_view pixels = pictures.GetView(i);
      thumbnails->push_back({{pixels.begin(), pixels.end()},
                             static_cast<uint32_t>(widths.Value(i)),
                             static_cast<uint32_t>(heights.Value(i))});
    }
  }
}

Result<std::string> TextSheet(const std::vector<image::RgbImage>& thumbnails, const ShowRequest& request) {
  if (request.text == TextPictures::kNone) return std::string();
  image::ContactSheetOptions options;
  options.background = 0;
  // As many as stand side by side in the terminal's width, in one row of pictures.
  const auto widest = std::max_element(thumbnails.begin(), thumbnails.end(),
                                       [](const auto& a, const auto& b) { return a.width < b.width; });
  const int across = std::max(1, request.text_columns / static_cast<int>(widest->width + options.gap));
  options.columns = static_cast<uint32_t>(across);
  const size_t most = std::min(thumbnails.size(), static_cast<size_t>(across));
  PL_ASSIGN_OR_RETURN(const image::RgbImage sheet,
                      MakeContactSheet(std::span(thumbnails).first(most), options));
  return request.text == TextPictures::kHalfBlocks ? image::RenderHalfBlocks(sheet.view())
                                                   : image::RenderAscii(sheet.view());
}

}  // namespace

Result<ShowReport> Show(const Session& session, const ShowRequest& request) {
  const StopScope scope = session.Enter();
  ShowReport report;
  std::vector<image::RgbImage> thumbnails;
  PL_RETURN_NOT_OK(Collect(session, request, &thumbnails, &report));
  if (thumbnails.empty()) {
    return Error(ErrorCode::kNotFound, report.not_shown.empty()
                                           ? fmt::format("no row of {} fits", request.table)
                                           : fmt::format("none of {} images can be shown; the first: {}",
                                                         report.not_shown.size(), report.not_shown.front()));
  }
  report.shown = static_cast<int64_t>(thumbnails.size());
  PL_ASSIGN_OR_RETURN(report.text_sheet, TextSheet(thumbnails, request));
  if (request.output.empty()) return report;
  PL_ASSIGN_OR_RETURN(const image::RgbImage sheet, image::MakeContactSheet(thumbnails, {}));
  PL_ASSIGN_OR_RETURN(auto encoder, image::PngEncoder::Make(6));
  std::vector<uint8_t> png;
  PL_RETURN_NOT_OK(encoder.Encode(sheet.view(), &png));
  PL_RETURN_NOT_OK(
      WriteOutputFile(session, request.output, {reinterpret_cast<const char*>(png.data()), png.size()}));
  report.output = request.output;
  return report;
}

}  // namespace pixlake::engine
