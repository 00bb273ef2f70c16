#include <random>

#include <arrow/api.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "query/mention/scan_numbering_internal.h"
#include "query/mention/scan_predicates_internal.h"
#include "query/session/sql_session.h"
#include "query/text/edited_text.h"
#include "table/predicate/bound_predicate.h"

namespace pixlake::query {
namespace {

// What skipping does to answers is tested in tests/sql/pruning.test; here are trees
// that no query of today makes, and the conditions themselves.

TEST(FindScanMentions, TreesOfAnotherShapeGiveNothing) {
  for (const char* tree :
       {"", "{", "[]", "7", "{}", R"({"error":true})", R"({"error":false})",
        R"({"error":false,"statements":7})", R"({"error":false,"statements":[{}]})",
        R"({"error":false,"statements":[{"node":{"type":"SELECT_NODE","where_clause":3,"from_table":4}}]})",
        R"({"error":false,"statements":[{"node":{"type":"SELECT_NODE","where_clause":{"class":"BETWEEN"},)"
        R"("from_table":{"type":"BASE_TABLE","table_name":"t","column_name_alias":[]}}}]})"}) {
    for (const ScanMention& mention : FindScanMentions(tree, {"delta_scan"}))
      EXPECT_NE(mention.condition.kind, table::Predicate::Kind::kComparison) << tree;
  }
}

// The condition on the only scan of a query, as DuckDB parses it.
std::string ConditionOf(const std::string& where) {
  const auto session = SqlSession::Open({}).ValueOrDie();
  const std::string sql = "SELECT * FROM t AS t WHERE " + where;
  std::string quoted;
  for (const char c : sql) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  const auto result = session->Query("SELECT json_serialize_sql('" + quoted + "')").ValueOrDie();
  const auto batch = result->Next().ValueOrDie();
  const auto mentions =
      FindScanMentions(batch->column(0)->GetScalar(0).ValueOrDie()->ToString(), {"table_scan"});
  return mentions.size() == 1 ? ToString(mentions[0].condition) : "not one";
}

TEST(FindScanMentions, ReadsConditionsOffTheTree) {
  const std::pair<const char*, const char*> kCases[] = {
      {"a = 5", "a = 5"},
      {"5 > a AND b <= 'x'", "(a < 5 AND b <= x)"},
      {"a = 5 OR b IS NULL", "(a = 5 OR b IS NULL)"},
      {"a = 5 OR f(b) = 1", "?"},
      {"a = 5 AND f(b) = 1", "(a = 5 AND ?)"},
      {"NOT (a = 5 AND f(b) = 1)", "NOT (a = 5 AND ?)"},
      {"NOT (a < 5)", "a >= 5"},
      {"a NOT BETWEEN -1 AND 2", "NOT (a >= -1 AND a <= 2)"},
      {"a BETWEEN 1 AND 9007199254740993", "(a >= 1 AND a <= 9007199254740993)"},
      {"a BETWEEN 2.5e0 AND 9007199254740993", "?"},
      {"a IN (1, NULL)", "a IN (1, null)"},
      {"a NOT IN (1, 2)", "a NOT IN (1, 2)"},
      {"a IN (1, b)", "?"},
      {"s LIKE 'ab%'", "s STARTS WITH ab"},
      {"s NOT LIKE 'ab%'", "NOT s STARTS WITH ab"},
      {"s LIKE '%ab'", "?"},
      {"s ILIKE 'ab%'", "?"},
      {"s LIKE 'a!%' ESCAPE '!'", "?"},
      {"starts_with(s, 'q') OR s ^@ 'r'", "(s STARTS WITH q OR s STARTS WITH r)"},
      {"flag", "flag = true"},
      {"NOT t.flag", "NOT flag = true"},
      {"u.a = 5", "?"},
      {"d >= DATE '2024-01-01'", "d >= 2024-01-01"},
  };
  for (const auto& [where, condition] : kCases) EXPECT_EQ(ConditionOf(where), condition) << where;
}

table::Predicate One(const std::string& column, std::shared_ptr<arrow::Scalar> value) {
  return table::Compare({column}, table::CompareOp::kEq, {std::move(value)});
}

TEST(TypeLiterals, WhatTheSchemaDoesNotHaveIsUnknown) {
  const auto schema = arrow::schema({arrow::field("Id", arrow::int64())});
  EXPECT_EQ(ToString(TypeLiterals(One("iD", arrow::MakeScalar(1)), *schema)), "Id = 1");
  EXPECT_EQ(ToString(TypeLiterals(One("other", arrow::MakeScalar(1)), *schema)), "?");
}

TEST(TypeLiterals, OnlyLiteralsThatAreExactBesideAFloatAreBound) {
  const auto schema = arrow::schema({arrow::field("f", arrow::float32())});
  const auto kept = [&](std::shared_ptr<arrow::Scalar> value) {
    const auto typed = TypeLiterals(One("f", std::move(value)), *schema);
    return !table::BoundPredicate::Bind(typed, *schema).is_every_row();
  };
  EXPECT_TRUE(kept(arrow::MakeScalar(int64_t{16777216})));
  EXPECT_FALSE(kept(arrow::MakeScalar(int64_t{16777217})));
  EXPECT_TRUE(kept(arrow::MakeScalar(0.25)));
  EXPECT_FALSE(kept(arrow::MakeScalar(0.1)));
  const auto decimal = [](int64_t unscaled) {
    return std::make_shared<arrow::Decimal128Scalar>(arrow::Decimal128(unscaled), arrow::decimal128(9, 1));
  };
  EXPECT_TRUE(kept(decimal(4995)));
  EXPECT_FALSE(kept(decimal(1)));
}

TEST(TypeLiterals, ReadsTextsBesideDatesAndTimes) {
  const auto schema = arrow::schema({arrow::field("d", arrow::date32()),
                                     arrow::field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"))});
  const auto text = [&](const std::string& column, const std::string& literal) {
    return ToString(TypeLiterals(One(column, arrow::MakeScalar(literal)), *schema));
  };
  EXPECT_EQ(text("d", "1970-01-03"), "d = 1970-01-03");
  EXPECT_EQ(text("d", "not a day!"), "?");
  EXPECT_EQ(text("at", "1970-01-03 00:00:01"), "at = 1970-01-03 00:00:01.000000Z");
  EXPECT_EQ(text("at", "1970-01-03 00:00:01+02"), "?");
  const auto day = std::make_shared<arrow::Date32Scalar>(1);
  EXPECT_EQ(ToString(TypeLiterals(One("at", day), *schema)), "at = 1970-01-02 00:00:00.000000Z");
}

ScanMention Mention(ScanMention::Kind kind, const std::string& name, size_t position) {
  ScanMention mention;
  mention.kind = kind;
  mention.name = mention.uri = name;
  mention.position = position;
  mention.condition = table::Compare({"a"}, table::CompareOp::kIsNull);
  return mention;
}

TEST(NumberScans, PutsNumbersWhereTheTreeSaysTheScansAre) {
  const EditedText sql("SELECT '\xC3\xBC' FROM table_scan ('x') a, t WHERE a IS NULL");
  const auto call = Mention(ScanMention::Kind::kCall, "Table_Scan", 17);
  const auto name = Mention(ScanMention::Kind::kName, "t", 37);
  const auto scan = [](const ScanMention&) { return std::string("table_scan"); };
  const auto numbered = NumberScans(sql, {name, call}, scan);
  ASSERT_TRUE(numbered);
  EXPECT_EQ(numbered->text.text(),
            "SELECT '\xC3\xBC' FROM __pixlake_nth_table_scan(2, 'x') a, "
            "__pixlake_nth_table_scan(1, 't') AS \"t\" WHERE a IS NULL");
  EXPECT_EQ(numbered->text.OriginalPosition(numbered->text.text().find("WHERE")), sql.text().find("WHERE"));
  EXPECT_EQ(numbered->conditions.size(), 2u);
  // Nothing where they are not, and nothing for a name that is no table's.
  EXPECT_FALSE(NumberScans(sql, {Mention(ScanMention::Kind::kCall, "table_scan", 16)}, scan));
  EXPECT_FALSE(NumberScans(sql, {Mention(ScanMention::Kind::kCall, "delta_scan", 17)}, scan));
  EXPECT_FALSE(NumberScans(sql, {Mention(ScanMention::Kind::kCall, "table_scan", std::string::npos)}, scan));
  EXPECT_FALSE(NumberScans(sql, {name}, [](const ScanMention&) { return std::string(); }));
}

TEST(EditedText, QuotesWhatWasThereBefore) {
  EditedText text("SELECT a\nFROM t, nope");
  text.Apply({{14, 15, "scan('t') AS t"}});
  EXPECT_EQ(text.text(), "SELECT a\nFROM scan('t') AS t, nope");
  text.Apply({{0, 0, "SELECT #1 FROM ("}, {34, 34, ")"}});
  EXPECT_EQ(text.OriginalPosition(text.text().find("nope")), 17u);
  EXPECT_EQ(text.OriginalPosition(text.text().find("scan")), 14u);
  EXPECT_EQ(text.Quote(text.text().find("nope")), "LINE 2: FROM t, nope\n                ^");
  EXPECT_EQ(text.Quote(text.text().size()), "LINE 2: FROM t, nope\n                    ^");
  const EditedText longer(std::string(500, 'x') + "\xC3\xBC!" + std::string(500, 'y'));
  const std::string quoted = longer.Quote(502);
  EXPECT_EQ(quoted.substr(0, 12), "LINE 1: ...x");
  EXPECT_EQ(quoted[quoted.find('\n') - 4], 'y');
}

}  // namespace
}  // namespace pixlake::query
