#include "query/text/sql_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/mention/time_travel_rewrite.h"

namespace pixlake::query {
namespace {

const TableNaming kDelta = {nullptr, {{"delta", "delta_scan"}}};

std::vector<std::string> Texts(const std::string& sql) {
  std::vector<std::string> out;
  for (const SqlStatement& statement : SplitStatements(sql).ValueOrDie()) out.push_back(statement.text);
  return out;
}

TEST(SqlTokens, SplitsAtSemicolonsOutsideQuotesAndComments) {
  EXPECT_THAT(Texts("SELECT ';' AS \";\" -- ; no\n; /* a /* ; */ b */ SELECT $$;$$ ;; "),
              ::testing::ElementsAre("SELECT ';' AS \";\"", "SELECT $$;$$"));
}

TEST(SqlTokens, WhatDoesNotEndIsAnError) {
  for (const char* sql : {"SELECT 'a", "SELECT \"a", "VACUUM `a", "/* /* */", "SELECT $x$ a $y$"}) {
    const auto result = SplitStatements(sql);
    ASSERT_FALSE(result.ok()) << sql;
    EXPECT_EQ(CodeOf(result.status()), ErrorCode::kUsage);
    EXPECT_THAT(result.status().message(), ::testing::HasSubstr("does not end"));
  }
}

TEST(SqlTokens, ReadsTablesInEverySpelling) {
  for (const auto& [sql, table] :
       std::vector<std::pair<std::string, std::string>>{{"raw.images", "raw.images"},
                                                        {"\"raw\".\"images\"", "raw.images"},
                                                        {"delta.`/data/it''s`", "/data/it''s"},
                                                        {"DELTA.\"/data/t\"", "/data/t"},
                                                        {"'/data/it''s'", "/data/it's"},
                                                        {"delta.`t`", "./t"},
                                                        {"'t'", "./t"},
                                                        {"t", "t"}}) {
    const auto statements = SplitStatements(sql).ValueOrDie();
    SqlCursor cursor(statements.at(0));
    EXPECT_EQ(cursor.TakeTable().ValueOrDie(), table);
    EXPECT_TRUE(cursor.AtEnd());
  }
}

TEST(SqlTokens, TakesAConditionUpToTheNextClause) {
  const auto statements = SplitStatements("x = 'zorder' AND (zorder(1) > 2) ZORDER BY (a)").ValueOrDie();
  SqlCursor cursor(statements.at(0));
  EXPECT_EQ(cursor.TakeUntil({"ZORDER"}), "x = 'zorder' AND (zorder(1) > 2)");
  EXPECT_TRUE(cursor.TakeWords("zorder by"));
  const Status status = cursor.ExpectEnd();
  EXPECT_THAT(status.message(), ::testing::HasSubstr("there is `(`"));
}

TEST(SqlTokens, HexadecimalLiteralsAreBlobs) {
  EXPECT_THAT(Texts("SELECT X'12ab', x'' , fx'12' FROM t -- X'zz'\n; SELECT 'X''12''', X'f'"),
              ::testing::ElementsAre("SELECT '\\x12\\xab'::BLOB, ''::BLOB , fx'12' FROM t",
                                     "SELECT 'X''12''', '\\x0f'::BLOB"));
  const auto wrong = SplitStatements("SELECT X'12g4'");
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.status().message(), ::testing::HasSubstr("`g`"));
}

TEST(SqlTokens, ABackslashInAnEscapedTextHidesTheQuote) {
  const auto statements = SplitStatements(R"(SELECT E'it\'s; \n''\\', e'' ; SELECT 'a\' )").ValueOrDie();
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(statements[0].tokens[1].text, "it's; \n'\\");
  EXPECT_EQ(statements[1].tokens[1].text, "a\\");
  EXPECT_FALSE(SplitStatements(R"(SELECT E'it\')").ok());
}

TEST(TimeTravelRewrite, OnlyWhereATableIsNamed) {
  TableNaming naming = kDelta;
  naming.is_table = [](const std::string& name) { return name == "a/t.json"; };
  for (const auto& [sql, rewritten] : std::vector<std::pair<std::string, std::string>>{
           {"SELECT delta.\"a\" FROM (SELECT 1 AS a) AS delta", ""},
           {"SELECT delta.\"a\", x FROM delta.\"/y\" AS delta WHERE delta.\"a\" IS DISTINCT FROM delta.\"b\"",
            "SELECT delta.\"a\", x FROM delta_scan('/y') AS delta WHERE delta.\"a\" IS DISTINCT FROM "
            "delta.\"b\""},
           {"SELECT extract(year FROM delta.\"at\") FROM x AS delta", ""},
           {"SELECT * FROM x WHERE a IN (FROM delta.\"/y\")",
            "SELECT * FROM x WHERE a IN (FROM delta_scan('/y'))"},
           {"FROM (delta.`/x` JOIN delta.`/y` USING (id)), delta.`/z`",
            "FROM (delta_scan('/x') JOIN delta_scan('/y') USING (id)), delta_scan('/z')"},
           {"SELECT 'a', 'a/t.json' FROM 'a/t.json', 'b.json' ORDER BY 1, 'a/t.json'",
            "SELECT 'a', 'a/t.json' FROM table_scan('a/t.json'), 'b.json' ORDER BY 1, 'a/t.json'"},
           {"FROM read_json('a/t.json')", ""},
           {"DESCRIBE \"a/t.json\"", "DESCRIBE table_scan('a/t.json')"}}) {
    EXPECT_EQ(RewriteTimeTravel(SplitStatements(sql).ValueOrDie().at(0), naming),
              rewritten.empty() ? sql : rewritten);
  }
  EXPECT_EQ(RewriteTables("SELECT 'unended", naming).text(), "SELECT 'unended");
  EXPECT_EQ(RewriteTables("SELECT X'00'; FROM 'a/t.json';", naming).text(),
            "SELECT '\\x00'::BLOB;\nFROM table_scan('a/t.json')");
}

TEST(TimeTravelRewrite, SaysVersionsAndPathsAsScans) {
  for (const auto& [sql, rewritten] : std::vector<std::pair<std::string, std::string>>{
           {"SELECT * FROM raw.images VERSION AS OF 3 t",
            "SELECT * FROM table_scan('raw.images', version := 3) t"},
           {"FROM delta.`/a b` FOR TIMESTAMP AS OF '2026-11-21'",
            "FROM delta_scan('/a b', as_of := '2026-11-21')"},
           {"SELECT a FROM '/x' version as of 0, delta.\"/y\" y",
            "SELECT a FROM table_scan('/x', version := 0), delta_scan('/y') y"},
           {"SELECT version AS of, delta.a, 'x VERSION AS OF 3' FROM delta.b, c.d.e",
            "SELECT version AS of, delta.a, 'x VERSION AS OF 3' FROM delta.b, c.d.e"}}) {
    EXPECT_EQ(RewriteTimeTravel(SplitStatements(sql).ValueOrDie().at(0), kDelta), rewritten);
  }
}

}  // namespace
}  // namespace pixlake::query
