"""`pixlake catalog`: what a lake's tables are, whose, and how their columns may change."""

import json

import pytest
from deltalake import DeltaTable
from ingest_lake import Rows
from test_run import Picture


@pytest.fixture
def lake(pixlake, tmp_path):
    Picture(tmp_path / "in" / "a.png", 1)
    pixlake("init", tmp_path / "lake")
    pixlake("ingest", tmp_path / "in", "--lake", tmp_path / "lake")
    return tmp_path / "lake"


def Sql(pixlake, lake, statement, **keywords):
    return pixlake("sql", statement, "--lake", lake, "--json", **keywords)


def test_what_is_said_of_a_table_is_kept_in_it(pixlake, lake):
    pixlake("catalog", "set", "raw.images", "--owner", "vision", "--tag", "pii", "--tag", "gold", "--lake", lake)
    pixlake("catalog", "set", "raw.images", "--description", "All there is", "--remove-tag", "gold", "--lake", lake)
    pixlake(
        "catalog", "set", "raw.images", "--column", "label", "--tag", "pii", "--description", "Its kind", "--lake", lake
    )
    shown = pixlake("catalog", "show", "raw.images", "--lake", lake, "--json").json
    assert (shown["owner"], shown["tags"], shown["description"]) == ("vision", ["pii"], "All there is")
    (label,) = (column for column in shown["columns"] if column["name"] == "label")
    assert (label["description"], label["tags"]) == ("Its kind", ["pii"])
    # Others see it, too.
    table = DeltaTable(lake / "raw" / "images")
    assert table.metadata().description == "All there is"
    assert table.metadata().configuration["pixlake.owner"] == "vision"
    (field,) = (field for field in table.schema().fields if field.name == "label")
    assert field.metadata["comment"] == "Its kind"
    # The table goes on as it was: its feed, its rows, the next ingest.
    assert table.metadata().configuration["delta.enableChangeDataFeed"] == "true"
    version = table.version()
    assert (
        pixlake("catalog", "set", "raw.images", "--owner", "vision", "--lake", lake, "--json").json["version"]
        == version
    )
    Picture(lake.parent / "in" / "b.png", 2)
    pixlake("ingest", lake.parent / "in", "--lake", lake)
    assert len(Rows(lake, "raw.images")) == 2
    found = pixlake("catalog", "list", "--tag", "pii", "--lake", lake, "--json").json["tables"]
    assert [one["table"] for one in found] == ["raw.images"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "raw.image", "--owner", "x"], "there is no table raw.image in the lake; did you mean 'raw.images'?"),
        (["set", "raw.images", "--column", "lable", "--tag", "x"], "no column `lable`; did you mean 'label'?"),
        (["set", "raw.images", "--tag", "a,b"], "'a,b' is no tag"),
        (["set", "raw.images"], "nothing to set"),
        (["set", "raw.images", "--column", "label", "--owner", "x"], "a table's, not a column's"),
        (["search", "?!"], "no words to look for"),
        (["show", "curated.none"], "there is no table curated.none"),
    ],
)
def test_what_cannot_be_is_said(pixlake, lake, arguments, said):
    outcome = pixlake("catalog", *arguments, "--lake", lake, status=None)
    assert outcome.status in (1, 2)
    assert said in outcome.stderr


# (change, rule that refuses it, or None); as Confluent's registry has it for Avro.
CHANGES = [
    ("ALTER TABLE curated.t ADD COLUMN more STRING", None),
    ("ALTER TABLE curated.t RENAME COLUMN b TO c", "backward"),
    ("ALTER TABLE curated.t DROP COLUMN need", "forward"),
    ("ALTER TABLE curated.t ALTER COLUMN need DROP NOT NULL", "forward"),
    ("ALTER TABLE curated.t ALTER COLUMN a TYPE BIGINT", "full"),
    ("CREATE OR REPLACE TABLE curated.t (a STRING) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')", "backward"),
]


@pytest.mark.parametrize(("change", "refused"), CHANGES)
def test_columns_change_by_the_tables_rule(pixlake, lake, change, refused):
    Sql(
        pixlake,
        lake,
        "CREATE TABLE curated.t (a INT, b STRING, need INT NOT NULL) TBLPROPERTIES ("
        "'delta.columnMapping.mode' = 'name', 'delta.enableTypeWidening' = 'true')",
    )
    pixlake("catalog", "set", "curated.t", "--compatibility", refused or "full", "--lake", lake)
    outcome = Sql(pixlake, lake, change, status=None)
    if refused is None:
        assert outcome.status == 0
        return
    assert outcome.status == 1, outcome
    assert f"by the rule `{refused}` alone" in outcome.json["error"]["message"]
    assert DeltaTable(lake / "curated" / "t").version() == 1
    pixlake("catalog", "set", "curated.t", "--compatibility", "none", "--lake", lake)
    Sql(pixlake, lake, change)
    history = pixlake("catalog", "schemas", "curated.t", "--lake", lake, "--json").json["schemas"]
    assert [one["rule"] for one in history][0] == "initial"
    assert len(history) == 2
    assert history[1]["rule"] != "full" or "RENAME" in change


def test_the_catalog_is_tables_that_follow_the_others(pixlake, lake):
    assert pixlake("catalog", "refresh", "--lake", lake, "--json").json["written"] == 3
    assert pixlake("catalog", "refresh", "--lake", lake, "--json").json["written"] == 0
    tables = {row["table_name"]: row for row in Rows(lake, "catalog.tables")}
    assert tables["raw.images"]["rows"] == 1
    assert tables["raw.images"]["version"] == DeltaTable(lake / "raw" / "images").version()
    Sql(pixlake, lake, "ALTER TABLE raw.images ADD COLUMN mine INT COMMENT 'own'")
    Sql(pixlake, lake, "UPDATE raw.images SET label = 'x'")
    assert pixlake("catalog", "refresh", "--lake", lake, "--json").json["written"] == 3
    found = Sql(pixlake, lake, "SELECT description FROM catalog.columns WHERE column_name = 'mine'").json["rows"]
    assert found == [{"description": "own"}]
    of_images = [row for row in Rows(lake, "catalog.schemas") if row["table_name"] == "raw.images"]
    assert [row["schema_version"] for row in sorted(of_images, key=lambda row: row["table_version"])] == [1, 2]
    # Versioned: what it was can be asked.
    (before,) = Sql(
        pixlake, lake, "SELECT count(*) AS n FROM catalog.columns VERSION AS OF 1 WHERE column_name = 'mine'"
    ).json["rows"]
    assert before["n"] == 0


def test_words_lead_to_tables_and_columns(pixlake, lake):
    def Found(*words):
        hits = pixlake("catalog", "search", *words, "--lake", lake, "--json").json["found"]
        return [(hit["table"], hit["column"]) for hit in hits]

    assert ("raw.metadata", "lens") in Found("lens")
    assert ("raw.quarantine", "") in Found("quarantine")
    assert Found("no", "such", "thing") == []
    pixlake("catalog", "set", "raw.binary", "--tag", "überblick", "--lake", lake, status=2)
    pixlake("catalog", "set", "raw.binary", "--description", "Überblick NEAR everything", "--lake", lake)
    assert Found("uber") == [("raw.binary", "")]
    assert Found("NEAR") == [("raw.binary", "")]
    index = lake / "_pixlake" / "catalog.sqlite"
    assert index.exists()
    index.write_bytes(b"SQLite format 3\0 and no more")
    assert Found("überblick") == [("raw.binary", "")]
    index.unlink()
    assert Found("überblick") == [("raw.binary", "")]


def test_a_lake_is_found_from_within_its_folder(pixlake, lake):
    for folder in (lake, lake / "raw" / "images"):
        (row,) = pixlake("sql", "SELECT count(*) AS n FROM raw.images", "--json", cwd=folder).json["rows"]
        assert row["n"] == 1
    assert "there is no" not in pixlake("stats", cwd=lake).stderr
    assert pixlake("run", "--json", cwd=lake).json["steps"]
    outcome = pixlake("sql", "SELECT count(*) FROM raw.images", cwd=lake.parent, status=2)
    assert "give --lake LAKE" in outcome.stderr


def test_one_bad_table_does_not_hide_the_others(pixlake, lake):
    log = lake / "raw" / "binary" / "_delta_log"
    max(log.glob("*.json")).with_name(f"{9:020d}.json").write_text("no json\n")
    tables = {one["table"]: one for one in pixlake("catalog", "list", "--lake", lake, "--json").json["tables"]}
    assert tables["raw.binary"]["problem"]
    assert tables["raw.images"]["rows"] == 1
    pixlake("catalog", "refresh", "--lake", lake)
    assert (
        json.dumps([row["problem"] for row in Rows(lake, "catalog.tables") if row["table_name"] == "raw.binary"])
        != "[null]"
    )


def test_tags_go_where_their_column_goes_and_rules_stay(pixlake, lake):
    mapped = "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"
    Sql(pixlake, lake, f"CREATE TABLE curated.rn (a INT, b STRING) {mapped}")
    pixlake("catalog", "set", "curated.rn", "--column", "b", "--tag", "pii", "--lake", lake)
    Sql(pixlake, lake, "ALTER TABLE curated.rn RENAME COLUMN b TO c")
    Sql(pixlake, lake, "ALTER TABLE curated.rn ADD COLUMN b INT")
    columns = pixlake("catalog", "show", "curated.rn", "--lake", lake, "--json").json["columns"]
    assert {column["name"]: column["tags"] for column in columns} == {"a": [], "b": [], "c": ["pii"]}
    pixlake("catalog", "set", "curated.rn", "--compatibility", "full", "--owner", "\x1b[31mred", "--lake", lake)
    Sql(pixlake, lake, f"CREATE OR REPLACE TABLE curated.rn (a INT) {mapped}")
    assert pixlake("catalog", "show", "curated.rn", "--lake", lake, "--json").json["compatibility"] == "full"
    assert "\x1b" not in pixlake("catalog", "show", "curated.rn", "--lake", lake).stdout
