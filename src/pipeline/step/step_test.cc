#include "pipeline/step/step.h"

#include "pipeline/step/lake_steps.h"
#include "pipeline/step/step_graph.h"
#include "testing/matchers.h"

namespace pixlake::pipeline {
namespace {

using test::FailsWith;
using test::Must;

Step Named(std::string name, std::vector<catalog::TableName> inputs, catalog::TableName output) {
  Step step;
  step.name = std::move(name);
  for (catalog::TableName& input : inputs) step.inputs.push_back({std::move(input), "id"});
  step.output = std::move(output);
  step.key = "id";
  return step;
}

std::vector<std::string> NamesOf(const std::vector<Step>& steps) {
  std::vector<std::string> names;
  for (const Step& step : steps) names.push_back(step.name);
  return names;
}

const catalog::TableName kA{"raw", "a"}, kB{"processed", "b"}, kC{"curated", "c"};

TEST(InOrder, PutsStepsBehindThoseThatMakeTheirInputs) {
  const auto steps = Must(InOrder({Named("last", {kB}, kC), Named("first", {kA}, kB)}, {"raw.a"}));
  EXPECT_EQ(NamesOf(steps), (std::vector<std::string>{"first", "last"}));
  // What is there from an earlier run does not make a step ready before this run has made it.
  const auto again = Must(
      InOrder({Named("last", {kB}, kC), Named("first", {kA}, kB)}, {"raw.a", "processed.b", "curated.c"}));
  EXPECT_EQ(NamesOf(again), (std::vector<std::string>{"first", "last"}));
}

TEST(InOrder, RefusesWhatDoesNotFitTogether) {
  EXPECT_THAT(InOrder({Named("x", {kA}, kB), Named("x", {kA}, kC)}, {"raw.a"}).status(),
              FailsWith(ErrorCode::kUsage, "two steps are called `x`"));
  EXPECT_THAT(InOrder({Named("x", {kA}, kB), Named("y", {kA}, kB)}, {"raw.a"}).status(),
              FailsWith(ErrorCode::kUsage, "both make processed.b"));
  EXPECT_THAT(InOrder({Named("x", {kC}, kB), Named("y", {kB}, kC)}, {"raw.a"}).status(),
              FailsWith(ErrorCode::kUsage, "waits for another"));
  EXPECT_THAT(InOrder({Named("x", {{"raw", "imagse"}}, kB)}, {"raw.images"}).status(),
              FailsWith(ErrorCode::kUsage, "raw.images"));
}

TEST(LakeSteps, FitTogetherAndMakeTheTablesOfTheCatalog) {
  const auto steps = Must(
      InOrder(LakeSteps({}), {"raw.images", "raw.metadata", "raw.binary", "raw.sources", "raw.quarantine"}));
  for (const Step& step : steps) EXPECT_TRUE(catalog::OwnTable(step.output)) << step.output.text();
  // And processed.run_steps and check_results, which are no steps'.
  EXPECT_EQ(steps.size() + 2, catalog::MadeTables().size());
}

TEST(Mermaid, ShowsTablesAndSteps) {
  EXPECT_EQ(ToMermaid({Named("x", {kA}, kB)}),
            "flowchart LR\n"
            "  raw_a[(raw.a)]\n"
            "  processed_b[(processed.b)]\n"
            "  step_x[\"x\"]\n"
            "  raw_a --> step_x\n"
            "  step_x --> processed_b\n");
}

}  // namespace
}  // namespace pixlake::pipeline
