#include "query/text/sql_tokens.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/mention/time_travel_rewrite.h"
#include "query/text/date_pattern.h"
#include "query/text/edited_text.h"
#include "query/text/sql_cursor.h"
#include "query/text/token_roles.h"

namespace pixlake::query {
namespace {

const TableNaming kDelta = {nullptr, {{"delta", "delta_scan"}}};

std::shared_ptr<const SqlNames> Names() {
  return std::make_shared<SqlNames>(SqlNames{{"delta"}, nullptr});
}

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
    const auto statements = SplitStatements(sql, Names()).ValueOrDie();
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
              ::testing::ElementsAre("SELECT X'12ab', x'' , fx'12' FROM t", "SELECT 'X''12''', X'f'"));
  EXPECT_EQ(RewriteTables("SELECT X'12ab', x'' , fx'12', 'X''12''', X'f'", kDelta).text(),
            "SELECT '\\x12\\xab'::BLOB, ''::BLOB , fx'12', 'X''12''', '\\x0f'::BLOB");
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

TEST(SqlTokens, EndIsANameWhereItClosesNoCase) {
  for (const auto& [sql, names] : std::vector<std::pair<std::string, std::vector<size_t>>>{
           {"SELECT end FROM t", {1}},
           {"SELECT CASE WHEN end > 3 THEN end ELSE 0 END AS end", {3, 7, 12}},
           {"SELECT CASE WHEN (a = end) THEN 1 END end", {6, 11}},
           {"SELECT CASE x WHEN 1 THEN 2 END + 1", {}},
           {"END TRANSACTION", {}}}) {
    const auto statements = SplitStatements(sql).ValueOrDie();
    const auto found = NamesCalledEnd(statements.at(0).tokens);
    for (size_t i = 0; i < found.size(); ++i)
      EXPECT_EQ(found[i], std::count(names.begin(), names.end(), i) > 0) << sql << " " << i;
  }
}

TEST(SqlTokens, ReadsVersionsInEverySpelling) {
  for (const char* sql :
       {"raw.t VERSION AS OF 3", "raw.t FOR VERSION AS OF 3", "raw.t@v3", "raw.t AT (VERSION => 3)"}) {
    const auto statements = SplitStatements(sql, Names()).ValueOrDie();
    SqlCursor cursor(statements.at(0));
    const auto reference = cursor.TakeReference().ValueOrDie();
    EXPECT_EQ(reference.place, "raw.t");
    EXPECT_EQ(reference.version.version, 3) << sql;
    EXPECT_TRUE(cursor.AtEnd()) << sql;
  }
}

TEST(SqlTokens, WhatIsExpectedIsPointedAt) {
  const auto statements = SplitStatements("SELECT 1;\nVACUUM t\n  RETAIN long HOURS").ValueOrDie();
  SqlCursor cursor(statements.at(1));
  ASSERT_TRUE(cursor.TakeWords("VACUUM") && cursor.TakeTable().ok() && cursor.TakeWords("RETAIN"));
  EXPECT_EQ(
      cursor.TakeNumber("a number of hours").status().message(),
      "expected a number of hours, but there is `long`\n\nLINE 2:   RETAIN long HOURS\n                 ^");
}

TEST(EditedText, WhatIsMadeOfPartsQuotesWhatWasTyped) {
  EditedText text("SELECT CAST((nope + 1) AS INT) FROM table_scan('t') WHERE (id = 2)");
  text.MadeOf("UPDATE t SET id = nope + 1 WHERE id = 2");
  EXPECT_EQ(text.Quote(text.text().find("nope")),
            "LINE 1: UPDATE t SET id = nope + 1 WHERE id = 2\n                          ^");
  EXPECT_FALSE(text.IsTyped(text.text().find("table_scan")));
}

TEST(SparkWords, AreSaidAsDuckDbHasThem) {
  for (const auto& [sql, rewritten] : std::vector<std::pair<std::string, std::string>>{
           {"SELECT `a\"b`, '`c`' -- `d`\n, 1", "SELECT \"a\"\"b\", '`c`' -- `d`\n, 1"},
           {"SELECT array(1, 'array(2)'), array_agg(x)", "SELECT list_value(1, 'array(2)'), array_agg(x)"},
           {"SELECT ARRAY(SELECT 1), ARRAY[1], t.array(1)", ""},
           {"SELECT named_struct('a', f(1, 2), 'b', 'x')",
            "SELECT struct_pack(\"a\" := f(1, 2), \"b\" := 'x')"},
           {"SELECT named_struct(a, 1), named_struct('a')", ""},
           {"SELECT * EXCEPT (a) FROM t EXCEPT (SELECT 1)", "SELECT * EXCLUDE (a) FROM t EXCEPT (SELECT 1)"},
           {"SELECT a RLIKE 'b', a NOT RLIKE 'b', rlike FROM t",
            "SELECT a ~ '(?s:.*)(?:b)(?s:.*)', a !~ '(?s:.*)(?:b)(?s:.*)', rlike FROM t"},
           {"SELECT date_format(a, 'yyyy-MM')", "SELECT strftime(CAST((a) AS TIMESTAMP), '%Y-%m')"},
           {"SELECT date_format(a, 'QQQ'), date_format(a, b)", ""},
           {"SELECT a <=> b", ""},
           {"FROM delta.`/a` WHERE `b` = 'x'", "FROM delta_scan('/a') WHERE \"b\" = 'x'"}}) {
    const std::string text = RewriteTables(sql, kDelta).text();
    EXPECT_EQ(text, rewritten.empty() ? sql : rewritten);
  }
  TableNaming null_safe = kDelta;
  null_safe.null_safe = true;
  EXPECT_EQ(RewriteTables("SELECT a<=>b AND '<=>' <> c", null_safe).text(),
            "SELECT a IS NOT DISTINCT FROM b AND '<=>' <> c");
  EXPECT_EQ(RewriteTables("SELECT a <=> b = c", null_safe).text(), "SELECT a <=> b = c");
  EXPECT_EQ(StrftimeFormat("yyyy-MM-dd'T'HH:mm:ss.SSS"), "%Y-%m-%dT%H:%M:%S.%g");
  EXPECT_EQ(StrftimeFormat("Q"), std::nullopt);
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
           {"DESCRIBE \"a/t.json\"", "DESCRIBE SELECT * FROM table_scan('a/t.json')"}}) {
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
           {"FROM a.b@v3 x", "FROM table_scan('a.b', version := 3) x"},
           {"FROM a.b AT (VERSION => 3) x", "FROM table_scan('a.b', version := 3) x"},
           {"FROM delta.`/a@v3`", "FROM delta_scan('/a', version := 3)"},
           {"FROM a.b TIMESTAMP AS OF now() - INTERVAL 1 DAY x WHERE x.c > 1",
            "FROM table_scan('a.b', as_of := CAST((now() - INTERVAL 1 DAY) AS VARCHAR)) x WHERE x.c > 1"},
           {"SELECT version AS of, delta.a, 'x VERSION AS OF 3' FROM delta.b, c.d.e",
            "SELECT version AS of, delta.a, 'x VERSION AS OF 3' FROM delta.b, c.d.e"}}) {
    EXPECT_EQ(RewriteTimeTravel(SplitStatements(sql).ValueOrDie().at(0), kDelta), rewritten);
  }
}

}  // namespace
}  // namespace pixlake::query
