#include "engine/export/export.h"

#include <functional>
#include <optional>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "engine/export/export_names.h"
#include "engine/export/export_target.h"
#include "engine/sql.h"
#include "image/format.h"
#include "lake/content/image_finder.h"
#include "lake/content/image_lookup.h"
#include "query/session/open_sql_session.h"

namespace pixlake::engine {
namespace {

constexpr size_t kMostProblems = 20;
// The folder of contents without a place that a name could be made of.
constexpr std::string_view kNoPlace = "_no_place/";

using Visit = std::function<Status(const arrow::RecordBatch&)>;

Status ForEachBatch(query::SqlSession* sql_session, const std::string& sql, const Visit& visit) {
  PL_ASSIGN_OR_RETURN(const auto result, sql_session->Query(sql));
  while (true) {
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(const auto batch, result->Next());
    if (batch == nullptr) return Status::OK();
    PL_RETURN_NOT_OK(visit(*batch));
  }
}

std::optional<std::string_view> TextAt(const arrow::RecordBatch& batch, int column, int64_t row) {
  const auto& array = *batch.column(column);
  if (array.IsNull(row)) return std::nullopt;
  return static_cast<const arrow::StringArray&>(array).GetView(row);
}

std::string_view SuffixOf(std::span<const uint8_t> bytes) {
  const auto format = image::DetectFormat(bytes);
  if (!format) return "bin";
  switch (*format) {
    case image::ImageFormat::kJpeg:
      return "jpg";
    case image::ImageFormat::kPng:
      return "png";
    case image::ImageFormat::kTiff:
      return "tif";
    case image::ImageFormat::kGif:
      return "gif";
    case image::ImageFormat::kBmp:
      return "bmp";
    case image::ImageFormat::kWebp:
      return "webp";
    case image::ImageFormat::kHeif:
      return "heic";
    case image::ImageFormat::kAvif:
      return "avif";
  }
  return "bin";
}

class Exporter {
 public:
  Exporter(const Session& session, const ExportRequest& request)
      : session_(session), request_(request), watch_(session.Watch("Exporting")) {}

  Result<ExportReport> Run() {
    PL_ASSIGN_OR_RETURN(sql_session_, query::OpenSqlSession(session_, Work::kLookUp));
    PL_ASSIGN_OR_RETURN(target_, ExportTarget::Open(request_.destination));
    const auto name = catalog::ParseTableName(request_.rows.table);
    // An older version's contents may be gone from the index, which follows the latest.
    const bool latest = !request_.rows.version.version && !request_.rows.version.as_of_ms;
    PL_RETURN_NOT_OK(name && session_.has_lake() && latest ? ExportPlaces(*name) : ExportRows());
    PL_RETURN_NOT_OK(target_->Close());
    return report_;
  }

 private:
  // What follows SELECT … : the version, the condition and the limit that were asked for.
  Result<std::string> FromWhere() const {
    const RowChoice& rows = request_.rows;
    PL_ASSIGN_OR_RETURN(const std::string from, ReferenceAt(session_, rows.table, rows.version));
    PL_ASSIGN_OR_RETURN(const std::string where, WhereOf(rows));
    return fmt::format(" FROM {}{}{}", from, where,
                       rows.limit > 0 ? fmt::format(" LIMIT {}", rows.limit) : "");
  }

  Status Add(const std::string& name, std::span<const uint8_t> bytes, int64_t mtime_ns) {
    PL_ASSIGN_OR_RETURN(const bool written, target_->Add(name, bytes, mtime_ns));
    ++(written ? report_.files : report_.already_there);
    if (written) report_.bytes += static_cast<int64_t>(bytes.size());
    watch_(1, static_cast<int64_t>(bytes.size()));
    return Status::OK();
  }

  // What cannot be had is told and does not keep the rest from being written.
  void Missing(std::string what) {
    ++report_.failed;
    if (report_.problems.size() < kMostProblems) report_.problems.push_back(std::move(what));
  }

  // The content `id` under the name that `name_of` gives it.
  template <typename NameOfContent>
  Status AddContent(lake::ImageFinder* finder, const std::string& table, const std::string& id,
                    int64_t mtime_ns, const NameOfContent& name_of) {
    const auto found = finder->Find(id);
    if (!found.ok() && CodeOf(found.status()) == ErrorCode::kCancelled) return found.status();
    if (!found.ok() || !*found) {
      Missing(found.ok() ? fmt::format("{} has no content {}", table, id)
                         : fmt::format("{}: {}", id, found.status().message()));
      return Status::OK();
    }
    const arrow::Buffer& content = *(*found)->bytes;
    const std::span<const uint8_t> bytes(content.data(), static_cast<size_t>(content.size()));
    return Add(name_of(bytes), bytes, mtime_ns);
  }

  // Names from raw.sources; bytes one ranged read each, so that however many rows there
  // are, only names and ids pass through SQL.
  Status ExportPlaces(const catalog::TableName& table) {
    PL_ASSIGN_OR_RETURN(const std::string wanted, FromWhere());
    const std::string latest = fmt::format(
        "WITH latest AS (SELECT uri, arg_max(id, last_seen) AS id, arg_max(mtime, last_seen) AS mtime,"
        " arg_max(gone, last_seen) AS gone FROM raw.sources WHERE id IS NOT NULL OR gone GROUP BY uri),"
        " wanted AS (SELECT id, filename{})",
        wanted);
    const std::string places =
        latest +
        " SELECT uri, id, epoch_us(mtime) AS mtime FROM latest"
        " WHERE id IS NOT NULL AND id IN (SELECT id FROM wanted)"
        " AND (NOT gone OR id NOT IN (SELECT id FROM latest WHERE NOT gone AND id IS NOT NULL))" +
        (request_.once ? " QUALIFY row_number() OVER (PARTITION BY id ORDER BY uri) = 1" : "");
    PL_RETURN_NOT_OK(ForEachBatch(sql_session_.get(), "SELECT min(uri), max(uri) FROM (" + places + ")",
                                  [&](const arrow::RecordBatch& batch) -> Status {
                                    const auto first = TextAt(batch, 0, 0);
                                    const auto last = TextAt(batch, 1, 0);
                                    if (first && last) report_.root = CommonFolder(*first, *last);
                                    return Status::OK();
                                  }));
    PL_ASSIGN_OR_RETURN(const auto finder, lake::ImageFinder::Open(session_, table.text()));
    PL_RETURN_NOT_OK(ForEachBatch(sql_session_.get(), places, [&](const arrow::RecordBatch& batch) -> Status {
      const auto& times = static_cast<const arrow::Int64Array&>(*batch.column(2));
      for (int64_t row = 0; row < batch.num_rows(); ++row) {
        const std::string uri(*TextAt(batch, 0, row));
        const std::string id(*TextAt(batch, 1, row));
        const int64_t mtime_ns = times.IsNull(row) ? 0 : times.Value(row) * 1000;
        PL_RETURN_NOT_OK(
            AddContent(finder.get(), table.text(), id, mtime_ns, [&](std::span<const uint8_t> bytes) {
              const auto name = RelativeNameOf(uri, report_.root);
              return name.ok() ? *name : fmt::format("{}{}.{}", kNoPlace, id, SuffixOf(bytes));
            }));
      }
      return Status::OK();
    }));
    // Rows that others have put into the table have no place of ours.
    const std::string others = latest +
                               " SELECT id, filename FROM wanted WHERE id IS NOT NULL AND id NOT IN"
                               " (SELECT id FROM latest WHERE id IS NOT NULL)";
    return ForEachBatch(sql_session_.get(), others, [&](const arrow::RecordBatch& batch) -> Status {
      for (int64_t row = 0; row < batch.num_rows(); ++row) {
        const std::string id(*TextAt(batch, 0, row));
        const auto filename = TextAt(batch, 1, row);
        PL_RETURN_NOT_OK(AddContent(finder.get(), table.text(), id, 0, [&](std::span<const uint8_t> bytes) {
          const auto name =
              RelativeNameOf(io::PercentEncodePath(id + "-" + std::string(filename.value_or(""))), "");
          return std::string(kNoPlace) +
                 (filename && name.ok() ? *name : fmt::format("{}.{}", id, SuffixOf(bytes)));
        }));
      }
      return Status::OK();
    });
  }

  Status ExportRows() {
    PL_ASSIGN_OR_RETURN(const auto table, session_.OpenTable(request_.rows.table));
    PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load(request_.rows.version));
    const arrow::Schema& schema = *snapshot->definition().schema;
    PL_ASSIGN_OR_RETURN(const std::string column, lake::BlobColumnOf(schema, ""));
    const auto text = [&](const char* name) -> std::string {
      return schema.GetFieldByName(name) != nullptr ? fmt::format("CAST({} AS VARCHAR)", name)
                                                    : "NULL::VARCHAR";
    };
    PL_ASSIGN_OR_RETURN(const std::string from, FromWhere());
    const std::string sql =
        fmt::format("SELECT {}, {}, \"{}\"{}", text("filename"), text("label"), column, from);
    int64_t number = 0;
    return ForEachBatch(sql_session_.get(), sql, [&](const arrow::RecordBatch& batch) -> Status {
      const auto& blobs = static_cast<const arrow::BinaryArray&>(*batch.column(2));
      for (int64_t row = 0; row < batch.num_rows(); ++row, ++number) {
        if (blobs.IsNull(row)) continue;
        const std::string_view view = blobs.GetView(row);
        const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(view.data()), view.size());
        PL_ASSIGN_OR_RETURN(const std::string name,
                            NameOf(TextAt(batch, 0, row), TextAt(batch, 1, row), number, bytes));
        PL_RETURN_NOT_OK(Add(name, bytes, 0));
      }
      return Status::OK();
    });
  }

  // Names of rows may repeat and may be anything: the row's number keeps them apart.
  static Result<std::string> NameOf(std::optional<std::string_view> filename,
                                    std::optional<std::string_view> label, int64_t number,
                                    std::span<const uint8_t> bytes) {
    std::string name;
    if (label) name = io::PercentEncodePath(*label) + "/";
    name += filename ? fmt::format("{:08}-{}", number, io::PercentEncodePath(*filename))
                     : fmt::format("{:08}.{}", number, SuffixOf(bytes));
    return RelativeNameOf(name, "");
  }

  const Session& session_;
  const ExportRequest& request_;
  std::unique_ptr<query::SqlSession> sql_session_;
  std::unique_ptr<ExportTarget> target_;
  const std::function<void(int64_t files, int64_t bytes)> watch_;
  ExportReport report_;
};

}  // namespace

Result<ExportReport> Export(const Session& session, const ExportRequest& request) {
  const StopScope scope = session.Enter();
  return Exporter(session, request).Run();
}

}  // namespace pixlake::engine
