// planning_benchmark TABLE COLUMN VALUE RUNS
// Prints one JSON object: milliseconds from a place to the plan of a scan of the rows where
// the whole-numbered column has the value, each with an engine that has seen nothing
// ("first") and again with the same one ("again"), and the files that are left.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <arrow/scalar.h>

#include "engine/session.h"

namespace {

using pixlake::Result;
using pixlake::Status;

Result<double> PlanOnce(const pixlake::engine::Session& session, const std::string& table,
                        const pixlake::table::ScanRequest& request, size_t* tasks) {
  const auto start = std::chrono::steady_clock::now();
  PL_ASSIGN_OR_RETURN(const auto opened, session.OpenTable(table));
  PL_ASSIGN_OR_RETURN(const auto snapshot, opened->Load());
  PL_ASSIGN_OR_RETURN(const auto plan, snapshot->PlanScan(request));
  *tasks = plan.tasks.size();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void Print(const char* name, const std::vector<double>& times) {
  std::printf("\"%s\":[", name);
  for (size_t i = 0; i < times.size(); ++i) std::printf("%s%.3f", i == 0 ? "" : ",", times[i]);
  std::printf("],");
}

Status Run(const std::string& table, const std::string& column, int64_t value, int runs) {
  pixlake::table::ScanRequest request;
  request.columns = {column};
  request.predicate =
      pixlake::table::Compare({column}, pixlake::table::CompareOp::kEq, {arrow::MakeScalar(value)});
  std::vector<double> first;
  std::vector<double> again;
  size_t tasks = 0;
  for (int i = 0; i < runs; ++i) {
    PL_ASSIGN_OR_RETURN(const auto session, pixlake::engine::MakeSession(pixlake::engine::SessionOptions()));
    PL_ASSIGN_OR_RETURN(first.emplace_back(), PlanOnce(*session, table, request, &tasks));
    PL_ASSIGN_OR_RETURN(again.emplace_back(), PlanOnce(*session, table, request, &tasks));
  }
  std::printf("{");
  Print("first", first);
  Print("again", again);
  std::printf("\"files\":%zu}\n", tasks);
  return Status::OK();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const Status status = Run(argv[1], argv[2], std::stoll(argv[3]), std::stoi(argv[4]));
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
