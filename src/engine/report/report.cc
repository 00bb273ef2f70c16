#include "engine/report/report.h"

#include <map>
#include <memory>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "engine/output/image_text.h"
#include "engine/report/report_data_internal.h"
#include "engine/report/report_page_internal.h"
#include "kernel/kernel.h"
#include "lake/content/image_finder.h"
#include "query/session/open_sql_session.h"

namespace pixlake::engine {
namespace {

// A decoder takes up to 16 bytes a pixel; what does not fit is named, not shown.
constexpr int64_t kDecodedBytes = 16;
constexpr char kNoRoom[] = "the page has no room for more pictures";

struct Drawn {
  std::string data;
  int width = 0, height = 0;
  std::string problem;
};

// Small pictures of contents, each drawn once, within what the page has room for.
class Pictures {
 public:
  Pictures(const Session& session, const ReportRequest& request) : session_(session), request_(request) {}

  Status Draw(ReportData* data) {
    for (ReportCheck& check : data->checks) {
      for (ReportPicture& picture : check.pictures) {
        PL_RETURN_NOT_OK(CheckStopped());
        PL_RETURN_NOT_OK(DrawOne(&picture));
      }
    }
    return Status::OK();
  }

  int64_t count() const { return count_; }

 private:
  Status DrawOne(ReportPicture* picture) {
    if (count_ >= request_.most_pictures || bytes_ >= request_.most_bytes) {
      picture->problem = kNoRoom;
      return Status::OK();
    }
    auto found = drawn_.find(picture->id);
    if (found == drawn_.end()) {
      PL_ASSIGN_OR_RETURN(Drawn drawn, Make(picture->id));
      found = drawn_.emplace(picture->id, std::move(drawn)).first;
    }
    const Drawn& drawn = found->second;
    picture->problem = drawn.problem;
    if (drawn.data.empty()) return Status::OK();
    if (bytes_ + static_cast<int64_t>(drawn.data.size()) > request_.most_bytes) {
      picture->problem = kNoRoom;
      return Status::OK();
    }
    picture->data = drawn.data;
    picture->width = drawn.width;
    picture->height = drawn.height;
    bytes_ += static_cast<int64_t>(drawn.data.size());
    ++count_;
    return Status::OK();
  }

  // What cannot be drawn is told in its place.
  Result<Drawn> Make(const std::string& id) {
    Drawn drawn;
    if (finder_ == nullptr) {
      PL_ASSIGN_OR_RETURN(finder_, lake::ImageFinder::Open(session_, "raw.images"));
      PL_ASSIGN_OR_RETURN(
          kernel_, session_.kernels().Make(
                       "thumbnail", {{"max_side", int64_t{request_.max_side}},
                                     {"max_pixels", session_.Plan(Work::kLookUp).decoders / kDecodedBytes},
                                     {"as", std::string("png")}}));
    }
    const auto content = finder_->Find(id);
    if (!content.ok() && CodeOf(content.status()) == ErrorCode::kCancelled) return content.status();
    if (!content.ok() || !*content) {
      drawn.problem = content.ok() ? "it is no longer in raw.images" : content.status().message();
      return drawn;
    }
    const auto& bytes = (*content)->bytes;
    arrow::LargeBinaryBuilder builder;
    PL_RETURN_NOT_OK(builder.Append(bytes->data(), bytes->size()));
    PL_ASSIGN_OR_RETURN(auto column, builder.Finish());
    const auto batch =
        arrow::RecordBatch::Make(arrow::schema({arrow::field("content", column->type())}), 1, {column});
    kernel::Context context;
    context.stop = CurrentStopToken();
    PL_ASSIGN_OR_RETURN(const auto given, kernel_->Run(*batch, context));
    const auto& pictures = static_cast<const arrow::LargeBinaryArray&>(*given->GetColumnByName("thumbnail"));
    if (pictures.IsNull(0)) {
      const auto& problems = static_cast<const arrow::StringArray&>(*given->GetColumnByName("problem"));
      drawn.problem = problems.IsNull(0) ? "it cannot be drawn" : problems.GetString(0);
      return drawn;
    }
    drawn.data = "data:image/png;base64," + Base64(pictures.GetView(0));
    drawn.width = static_cast<const arrow::Int32Array&>(*given->GetColumnByName("width")).Value(0);
    drawn.height = static_cast<const arrow::Int32Array&>(*given->GetColumnByName("height")).Value(0);
    return drawn;
  }

  const Session& session_;
  const ReportRequest& request_;
  std::unique_ptr<lake::ImageFinder> finder_;
  std::unique_ptr<kernel::Kernel> kernel_;
  std::map<std::string, Drawn> drawn_;  // by id
  int64_t count_ = 0, bytes_ = 0;
};

}  // namespace

Result<ReportSummary> WriteReport(const Session& session, const ReportRequest& request) {
  const StopScope scope = session.Enter();
  ReportData data;
  {
    PL_ASSIGN_OR_RETURN(const auto sql, query::OpenSqlSession(session, Work::kSql));
    PL_ASSIGN_OR_RETURN(data, ReadReportData(session, sql.get(), request.most_of_a_check));
  }
  Pictures pictures(session, request);
  PL_RETURN_NOT_OK(pictures.Draw(&data));
  const std::string page = ReportPage(data);
  PL_RETURN_NOT_OK(WriteOutputFile(session, request.output, page));
  ReportSummary summary;
  summary.bytes = static_cast<int64_t>(page.size());
  summary.pictures = pictures.count();
  for (const ReportCheck& check : data.checks) {
    if (!check.is_asked) continue;
    ++summary.checks;
    if (check.passed == false) ++summary.failing;
  }
  return summary;
}

}  // namespace pixlake::engine
