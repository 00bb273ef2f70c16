#include "engine/inspect.h"

#include <map>
#include <utility>

#include <arrow/api.h>

#include "fetch/reference.h"
#include "image/json.h"
#include "image/verdict.h"
#include "kernel/judged.h"

namespace pixlake::engine {
namespace {

Inspection Described(const std::string& place, const image::Answer& image) {
  Inspection inspection;
  inspection.place = place;
  inspection.sound = image.judgement.verdict == image::Verdict::kOk;
  inspection.json = "{\"path\":";
  image::AppendJsonString(place, &inspection.json);
  inspection.json += ',';
  inspection.json += image.description.members;
  inspection.json += ',';
  image::AppendJudgementMembers(image.judgement, &inspection.json);
  inspection.json += '}';
  return inspection;
}

Inspection Unreadable(const std::string& place, const Status& problem) {
  Inspection inspection;
  inspection.place = place;
  inspection.read = problem;
  inspection.json = "{\"path\":";
  image::AppendJsonString(place, &inspection.json);
  inspection.json += ",\"verdict\":\"";
  inspection.json += image::VerdictName(image::Verdict::kUnreadable);
  inspection.json += "\",\"code\":";
  image::AppendJsonString(CodeName(CodeOf(problem)), &inspection.json);
  inspection.json += ",\"message\":";
  image::AppendJsonString(problem.message(), &inspection.json);
  inspection.json += '}';
  return inspection;
}

std::shared_ptr<arrow::RecordBatch> ReferencesTo(const std::vector<Place>& places) {
  arrow::StringBuilder uris;
  for (const Place& place : places) (void)uris.Append(place.where);
  const auto column = uris.Finish().ValueOrDie();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field(fetch::kUriColumn, arrow::utf8())}),
                                  column->length(), {column});
}

}  // namespace

Status Inspect(const std::vector<Place>& places, const kernel::Kernel& judge, const kernel::Context& context,
               const fetch::ContentStreamOptions& options,
               const std::function<Status(Inspection)>& on_image) {
  PL_ASSIGN_OR_RETURN(const auto stream, fetch::ContentStream::Open(ReferencesTo(places), options));
  std::map<int64_t, Inspection> early;  // those before which others come
  int64_t turn = 0;
  while (true) {
    PL_ASSIGN_OR_RETURN(const auto batch, stream->Next());
    if (batch == nullptr) return Status::OK();
    PL_ASSIGN_OR_RETURN(auto rows, judge.Run(*batch, context));
    PL_ASSIGN_OR_RETURN(const kernel::Judged judged, kernel::Judged::Make(std::move(rows)));
    const auto& index = static_cast<const arrow::Int64Array&>(*batch->GetColumnByName("row"));
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      const std::string& place = places[static_cast<size_t>(index.Value(row))].shown;
      const Status problem = fetch::ProblemOf(*batch, row);
      early.emplace(index.Value(row),
                    problem.ok() ? Described(place, judged.Answer(row)) : Unreadable(place, problem));
    }
    for (auto next = early.find(turn); next != early.end(); next = early.find(++turn)) {
      Inspection inspection = std::move(next->second);
      early.erase(next);
      PL_RETURN_NOT_OK(on_image(std::move(inspection)));
    }
  }
}

}  // namespace pixlake::engine
