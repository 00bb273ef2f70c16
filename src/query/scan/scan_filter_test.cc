// Random conditions over files of random rows, DuckDB's own reader being the judge: no row is
// lost by skipping, and our evaluation of a condition says of every row what DuckDB says.
#include <filesystem>
#include <random>

#include <arrow/api.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "query/mention/scan_predicates_internal.h"
#include "query/session/sql_session.h"
#include "query/testing_internal.h"
#include "table/predicate/row_evaluator.h"

namespace pixlake::query {
namespace {

constexpr int kFiles = 5;

// Values of file `file`, few of them, so that literals meet them; nulls, NaN, shared prefixes.
std::string RowsOf(int file) {
  const auto pick = [&](int column, int many) {
    return fmt::format("(hash(i * 31 + {} + {}) % {})::BIGINT", column * 1000, file * 77, many);
  };
  const auto maybe = [&](int column, const std::string& value) {
    return fmt::format("CASE WHEN {} = 0 THEN NULL ELSE {} END", pick(column + 50, file == 3 ? 1 : 7), value);
  };
  return fmt::format(
      "SELECT (i + {0} * 1000)::BIGINT AS id, {1} AS n, {2} AS x, {3} AS f, {4} AS s, {5} AS flag, {6} AS "
      "day, "
      "{7} AS at, {8} AS price, {9} AS tiny FROM range(200) r(i)",
      file, maybe(1, pick(1, 4) + fmt::format(" + {}", file * 2)),
      maybe(2, fmt::format("CASE WHEN {} = 0 AND {} THEN 'nan'::DOUBLE ELSE ({} + {}) / 2 END", pick(20, 9),
                           file % 2 == 0, pick(2, 5), file * 2)),
      maybe(3, fmt::format("(({} + {}) / 2)::FLOAT", pick(3, 5), file * 2)),
      maybe(4, fmt::format("(['', 'ab', 'abc', 'abd', 'b', 'ü', 'zz'])[1 + ({} % 3 + {}) % 7]", pick(4, 7),
                           file)),
      maybe(5, pick(5, file == 1 ? 1 : 2) + " = 0"),
      maybe(6, fmt::format("DATE '2024-01-01' + ({} + {})::INT", pick(6, 4), file * 2)),
      maybe(7, fmt::format("TIMESTAMP '2024-01-01 12:00:00' + to_hours({} + {})", pick(7, 40), file * 24)),
      maybe(8, fmt::format("(({} + {}) * 0.25)::DECIMAL(9,2)", pick(8, 5), file * 4)),
      maybe(9, fmt::format("({} - 3 + {})::TINYINT", pick(9, 5), file)));
}

class Conditions {
 public:
  explicit Conditions(uint32_t seed) : random_(seed) {}

  std::string Any(int depth) {
    if (depth > 0 && Below(3) > 0) {
      if (Below(3) == 0) return "NOT (" + Any(depth - 1) + ")";
      const char* word = Below(2) == 0 ? " AND " : " OR ";
      return "(" + Any(depth - 1) + word + Any(depth - 1) + ")";
    }
    return Leaf();
  }

 private:
  uint32_t Below(uint32_t bound) { return random_() % bound; }

  template <size_t N>
  const char* Of(const char* const (&values)[N]) {
    return values[Below(N)];
  }

  std::string Literal(const std::string& column) {
    const int number = static_cast<int>(Below(16)) - 3;
    if (column == "n" || column == "id" || column == "tiny") {
      static const char* const kOthers[] = {"2.5", "1e0", "4.0", "1000", "-200", "2147483648"};
      return Below(5) == 0 ? Of(kOthers) : std::to_string(number);
    }
    if (column == "x" || column == "f") {
      static const char* const kOthers[] = {"0.5", "2.5", "3", "0.1", "1.5e0", "'nan'::DOUBLE", "-1"};
      return Of(kOthers);
    }
    if (column == "s") {
      static const char* const kTexts[] = {"''", "'a'", "'ab'", "'abc'", "'abcd'", "'b'", "'ü'", "'zzz'"};
      return Of(kTexts);
    }
    if (column == "day") {
      const std::string day = fmt::format("'2024-01-{:02}'", 1 + Below(14));
      return Below(4) == 0 ? fmt::format("TIMESTAMP '2024-01-{:02} 06:00:00'", 1 + Below(14))
                           : (Below(2) == 0 ? day : "DATE " + day);
    }
    if (column == "at") {
      const std::string at = fmt::format("'2024-01-{:02} {:02}:00:00'", 1 + Below(8), Below(24));
      return Below(2) == 0 ? at : "TIMESTAMP " + at;
    }
    if (column == "price") {
      static const char* const kOthers[] = {"0.25", "1", "1.255", "2.50", "3e0", "0.3e0"};
      return Of(kOthers);
    }
    return Below(2) == 0 ? "true" : "false";
  }

  std::string Leaf() {
    static const char* const kColumns[] = {"id", "n", "x", "f", "s", "flag", "day", "at", "price", "tiny"};
    static const char* const kOperators[] = {"=", "<>", "<", "<=", ">", ">="};
    const std::string column = Of(kColumns);
    switch (Below(9)) {
      case 0:
        return column + (Below(2) == 0 ? " IS NULL" : " IS NOT NULL");
      case 1:
        return fmt::format("{} {} ({}, {}{})", column, Below(2) == 0 ? "IN" : "NOT IN", Literal(column),
                           Literal(column), Below(5) == 0 ? ", NULL" : "");
      case 2:
        return fmt::format("{} {} {} AND {}", column, Below(2) == 0 ? "BETWEEN" : "NOT BETWEEN",
                           Literal(column), Literal(column));
      case 3: {
        static const char* const kLikes[] = {"s LIKE 'ab%'",     "s NOT LIKE 'ab%'", "starts_with(s, 'abc')",
                                             "s ^@ 'ü'",         "s LIKE 'a_c%'",    "NOT prefix(s, 'z')",
                                             "s NOT LIKE '%b%'", "s LIKE 'abc'",     "s NOT LIKE 'a_d'",
                                             "s LIKE '%'"};
        return Of(kLikes);
      }
      case 4:
        return Below(2) == 0 ? "flag" : "NOT flag";
      case 5:
        return fmt::format("{} {} {}", Literal(column), Of(kOperators), column);
      default:
        return fmt::format("{} {} {}", column, Of(kOperators), Below(20) == 0 ? "NULL" : Literal(column));
    }
  }

  std::mt19937 random_;
};

class ScanFilterTest : public testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    SessionOptions options;
    options.threads = 2;
    options.scan_functions = {tables_.Function("table_scan")};
    session_ = SqlSession::Open(options).ValueOrDie();
    for (int file = 0; file < kFiles; ++file) {
      auto writer = SqlSession::Open({}).ValueOrDie();
      const auto written = writer->Query(
          fmt::format("COPY ({}) TO '{}/{}.parquet' (FORMAT parquet)", RowsOf(file), folder_, file));
      ASSERT_TRUE(written.ok()) << written.status();
      ASSERT_TRUE((*written)->ToTable().ok());
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<std::shared_ptr<arrow::Table>> Query(const std::string& sql) {
    PL_ASSIGN_OR_RETURN(const auto result, session_->Query(sql));
    PL_ASSIGN_OR_RETURN(auto rows, result->ToTable());
    totals_ = result->scan_totals();
    return rows->CombineChunks();
  }

  // The condition as a predicate on the judge's rows.
  table::BoundPredicate Bound(const std::string& condition, const arrow::Schema& schema) {
    std::string quoted;
    for (const char c : "SELECT * FROM t WHERE " + condition)
      quoted += c == '\'' ? std::string("''") : std::string(1, c);
    const auto tree = Query("SELECT json_serialize_sql('" + quoted + "')").ValueOrDie();
    const auto mentions = FindScanMentions(tree->column(0)->GetScalar(0).ValueOrDie()->ToString(), {});
    EXPECT_EQ(mentions.size(), 1u);
    return table::BoundPredicate::Bind(TypeLiterals(mentions.at(0).condition, schema), schema);
  }

  const std::string folder_ = testing::TempDir() + "/filter-" + NewUuid() + "_table";
  FolderTables tables_;
  std::unique_ptr<SqlSession> session_;
  ScanTotals totals_;
};

TEST_P(ScanFilterTest, NoRowIsLostAndEveryRowIsJudgedAsByDuckDb) {
  Conditions conditions(GetParam());
  const std::string judge = fmt::format("read_parquet('{}/*.parquet')", folder_);
  int exact = 0, judged = 0;
  int64_t skipped = 0;
  for (int round = 0; round < 60; ++round) {
    const std::string condition = conditions.Any(3);
    SCOPED_TRACE(condition);
    const auto expected = Query(fmt::format("SELECT id FROM {} WHERE {} ORDER BY id", judge, condition));
    const auto found =
        Query(fmt::format("SELECT id FROM table_scan('{}') WHERE {} ORDER BY id", folder_, condition));
    ASSERT_EQ(found.ok(), expected.ok()) << found.status() << expected.status();
    if (!found.ok()) continue;
    skipped += totals_.files_skipped;
    ASSERT_TRUE((*found)->Equals(**expected)) << (*found)->num_rows() << " of " << (*expected)->num_rows();

    const auto rows = Query(fmt::format("SELECT *, ({}) AS judged FROM {}", condition, judge)).ValueOrDie();
    const auto batch = arrow::TableBatchReader(*rows).Next().ValueOrDie();
    const auto& truth = static_cast<const arrow::BooleanArray&>(*batch->GetColumnByName("judged"));
    const table::BoundPredicate bound = Bound(condition, *batch->schema());
    const std::vector<bool> keep = MayMatchRows(bound, *batch);
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      ASSERT_TRUE(keep[static_cast<size_t>(row)] || truth.IsNull(row) || !truth.Value(row)) << row;
    }
    ++judged;
    if (!bound.is_exact()) continue;
    ++exact;
    const auto evaluated = EvaluateRows(bound, *batch);
    ASSERT_TRUE(evaluated.ok()) << evaluated.status();
    ASSERT_TRUE((*evaluated)->Equals(truth)) << (*evaluated)->ToString() << truth.ToString();
  }
  EXPECT_GT(exact, judged / 8);
  EXPECT_GT(skipped, judged / 2);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ScanFilterTest, testing::Range(1u, 7u));

}  // namespace
}  // namespace pixlake::query
