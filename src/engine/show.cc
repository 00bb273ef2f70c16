#include "engine/show.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/sql_text.h"
#include "base/stop/stop_token.h"
#include "engine/output/image_text.h"
#include "engine/sql.h"
#include "image/codec/png.h"
#include "image/pixels/contact_sheet.h"
#include "image/pixels/half_blocks.h"
#include "kernel/kernel.h"
#include "lake/content/image_lookup.h"
#include "query/session/open_sql_session.h"

namespace pixlake::engine {
namespace {

// A decoder takes up to 16 bytes a pixel; what does not fit is named, not shown.
constexpr int64_t kBytesAPixel = 16;

// The least that a picture is told from another by, in characters and in pixels.
constexpr int kTextSide = 24;

// A picture and what it is called.
struct Named {
  image::RgbImage picture;
  std::string name;
};

// The column to decode, and the one that says which row it was.
Result<std::string> SelectOf(const Session& session, const RowChoice& choice) {
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(choice.table));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load(choice.version));
  const arrow::Schema& schema = *snapshot->definition().schema;
  PL_ASSIGN_OR_RETURN(const std::string column, lake::BlobColumnOf(schema, ""));
  std::string name = "NULL::VARCHAR";
  for (const char* usual : {"filename", "id", "label"}) {
    if (schema.GetFieldByName(usual) == nullptr) continue;
    name = fmt::format("CAST({} AS VARCHAR)", usual);
    break;
  }
  PL_ASSIGN_OR_RETURN(const std::string from, ReferenceAt(session, choice.table, choice.version));
  PL_ASSIGN_OR_RETURN(const std::string where, WhereOf(choice));
  const std::string limit = choice.limit > 0 ? fmt::format(" LIMIT {}", choice.limit) : std::string();
  return fmt::format("SELECT {}, {} FROM {}{}{}", SqlName(column), name, from, where, limit);
}

Status Collect(const Session& session, const ShowRequest& request, std::vector<Named>* thumbnails,
               ShowReport* report) {
  PL_ASSIGN_OR_RETURN(const auto kernel,
                      session.kernels().Make(
                          "thumbnail", {{"max_side", int64_t{request.max_side}},
                                        {"max_pixels", session.Plan(Work::kLookUp).decoders / kBytesAPixel},
                                        {"as", std::string("rgb")}}));
  kernel::Context context;
  context.stop = CurrentStopToken();
  PL_ASSIGN_OR_RETURN(const std::string sql, SelectOf(session, request.rows));
  PL_ASSIGN_OR_RETURN(const auto sql_session, query::OpenSqlSession(session, Work::kLookUp));
  PL_ASSIGN_OR_RETURN(const auto rows, sql_session->Query(sql));
  int64_t number = 0;
  while (true) {
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(const auto batch, rows->Next());
    if (batch == nullptr) return Status::OK();
    const auto& names = static_cast<const arrow::StringArray&>(*batch->column(1));
    PL_ASSIGN_OR_RETURN(const auto contents, batch->SelectColumns({0}));
    PL_ASSIGN_OR_RETURN(const auto content, contents->RenameColumns({"content"}));
    PL_ASSIGN_OR_RETURN(const auto drawn, kernel->Run(*content, context));
    const auto& pictures = static_cast<const arrow::LargeBinaryArray&>(*drawn->GetColumnByName("thumbnail"));
    const auto& widths = static_cast<const arrow::Int32Array&>(*drawn->GetColumnByName("width"));
    const auto& heights = static_cast<const arrow::Int32Array&>(*drawn->GetColumnByName("height"));
    const auto& problems = static_cast<const arrow::StringArray&>(*drawn->GetColumnByName("problem"));
    for (int64_t i = 0; i < drawn->num_rows(); ++i, ++number) {
      const std::string name = names.IsNull(i) ? fmt::format("row {}", number) : names.GetString(i);
      if (pictures.IsNull(i)) {
        report->not_shown.push_back(
            fmt::format("{}: {}", name, problems.IsNull(i) ? "its content is null" : problems.GetString(i)));
        continue;
      }
      const std::string_view pixels = pictures.GetView(i);
      thumbnails->push_back({{{pixels.begin(), pixels.end()},
                              static_cast<uint32_t>(widths.Value(i)),
                              static_cast<uint32_t>(heights.Value(i))},
                             name});
    }
  }
}

// No side over `side`: each pixel the mean of those it stands for.
image::RgbImage Shrunk(const image::RgbImage& large, uint32_t side) {
  const uint32_t longer = std::max(large.width, large.height);
  if (longer <= side) return large;
  image::RgbImage small;
  small.width = std::max<uint32_t>(1, static_cast<uint32_t>(uint64_t{large.width} * side / longer));
  small.height = std::max<uint32_t>(1, static_cast<uint32_t>(uint64_t{large.height} * side / longer));
  small.pixels.resize(size_t{small.width} * small.height * 3);
  for (uint32_t y = 0; y < small.height; ++y) {
    const uint32_t top = y * large.height / small.height;
    const uint32_t bottom = std::max(top + 1, (y + 1) * large.height / small.height);
    for (uint32_t x = 0; x < small.width; ++x) {
      const uint32_t left = x * large.width / small.width;
      const uint32_t right = std::max(left + 1, (x + 1) * large.width / small.width);
      uint64_t sums[3] = {0, 0, 0};
      for (uint32_t row = top; row < bottom; ++row) {
        for (uint32_t column = left; column < right; ++column) {
          for (size_t c = 0; c < 3; ++c)
            sums[c] += large.pixels[(size_t{row} * large.width + column) * 3 + c];
        }
      }
      const uint64_t count = uint64_t{bottom - top} * (right - left);
      for (size_t c = 0; c < 3; ++c)
        small.pixels[(size_t{y} * small.width + x) * 3 + c] = static_cast<uint8_t>(sums[c] / count);
    }
  }
  return small;
}

// One line: the names of a row of pictures, each cut to its cell.
std::string CaptionLine(std::span<const Named> row, size_t cell) {
  std::string line = " ";
  for (const Named& named : row) {
    std::string name;
    for (const char c : named.name.substr(0, cell - 1))
      name.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c);
    // No half of a character.
    while (name.size() < named.name.size() && !name.empty() &&
           (static_cast<unsigned char>(named.name[name.size()]) & 0xC0) == 0x80)
      name.pop_back();
    name.resize(cell, ' ');
    line += name;
  }
  return line + "\n";
}

// As many pictures as there is room for, row by row.
Result<std::string> TextSheet(const std::vector<Named>& thumbnails, const ShowRequest& request,
                              int64_t* drawn) {
  if (request.text == TextPictures::kNone) return std::string();
  image::ContactSheetOptions options;
  options.background = 0;
  const int cell = kTextSide + static_cast<int>(options.gap);
  const auto across = static_cast<size_t>(std::max(1, (request.text_columns - 2) / cell));
  // A line is two pixels high.
  const int lines = cell / 2 + (request.captions ? 2 : 1);
  const auto down = static_cast<size_t>(std::max(1, (request.text_lines - 2) / lines));
  const size_t most = std::min(thumbnails.size(), across * down);
  options.columns = static_cast<uint32_t>(across);
  options.cell_width = kTextSide;
  std::string text;
  for (size_t first = 0; first < most; first += across) {
    const std::span<const Named> row(&thumbnails[first], std::min(across, most - first));
    std::vector<image::RgbImage> small;
    for (const Named& named : row) small.push_back(Shrunk(named.picture, kTextSide));
    PL_ASSIGN_OR_RETURN(const image::RgbImage sheet,
                        MakeContactSheet(std::span<const image::RgbImage>(small), options));
    text += request.text == TextPictures::kHalfBlocks ? image::RenderHalfBlocks(sheet.view())
                                                      : image::RenderAscii(sheet.view());
    if (request.captions) text += CaptionLine(row, static_cast<size_t>(cell));
  }
  *drawn = static_cast<int64_t>(most);
  return text;
}

}  // namespace

Result<ShowReport> Show(const Session& session, const ShowRequest& request) {
  const StopScope scope = session.Enter();
  ShowReport report;
  std::vector<Named> thumbnails;
  PL_RETURN_NOT_OK(Collect(session, request, &thumbnails, &report));
  if (thumbnails.empty()) {
    return Error(ErrorCode::kNotFound, report.not_shown.empty()
                                           ? fmt::format("no row of {} fits", request.rows.table)
                                           : fmt::format("none of {} images can be shown; the first: {}",
                                                         report.not_shown.size(), report.not_shown.front()));
  }
  report.shown = static_cast<int64_t>(thumbnails.size());
  PL_ASSIGN_OR_RETURN(report.text_sheet, TextSheet(thumbnails, request, &report.drawn));
  if (request.output.empty()) return report;
  std::vector<image::RgbImage> pictures;
  for (Named& named : thumbnails) pictures.push_back(std::move(named.picture));
  PL_ASSIGN_OR_RETURN(const image::RgbImage sheet,
                      image::MakeContactSheet(std::span<const image::RgbImage>(pictures), {}));
  PL_ASSIGN_OR_RETURN(auto encoder, image::PngEncoder::Make(6));
  std::vector<uint8_t> png;
  PL_RETURN_NOT_OK(encoder.Encode(sheet.view(), &png));
  PL_RETURN_NOT_OK(
      WriteOutputFile(session, request.output, {reinterpret_cast<const char*>(png.data()), png.size()}));
  report.output = request.output;
  return report;
}

}  // namespace pixlake::engine
