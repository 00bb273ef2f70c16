"""`pixlake profile`, judged by numpy and pyarrow."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from ingest_lake import Rows
from test_run import Picture


def Columns(outcome):
    return {column["name"]: column for column in outcome.json["columns"]}


def Psi(now, then, least=1e-4):
    p = np.maximum(np.asarray(now) / np.sum(now), least)
    q = np.maximum(np.asarray(then) / np.sum(then), least)
    return float(np.sum((p - q) * np.log(p / q)))


def Ks(now, then):
    """The two-sample statistic, and its p-value by Kolmogorov's limiting distribution."""
    both = np.sort(np.concatenate([now, then]))
    below = [np.searchsorted(np.sort(one), both, side="right") / len(one) for one in (now, then)]
    distance = np.max(np.abs(below[0] - below[1]))
    x = distance * math.sqrt(len(now) * len(then) / (len(now) + len(then)))
    p = 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 200)) if x > 0 else 1
    return distance, min(max(p, 0), 1)


def Numbers(seed, rows, shift=0.0):
    rng = np.random.default_rng(seed)
    normal = rng.normal(shift, 2, rows)
    normal[::50] = np.nan
    normal[1::100] = np.inf
    return pa.table(
        {
            "normal": normal,
            "whole": rng.integers(0, 7, rows),
            "single": pa.array(rng.random(rows).astype(np.float32)),
            "some": pa.array([None if i % 4 == 0 else i * 1.5 for i in range(rows)], pa.float64()),
            "same": np.full(rows, 3),
            "text": [f"value {i % 9}" if i % 9 else None for i in rng.integers(0, 200, rows)],
            "flag": pa.array([bool(i % 3) for i in range(rows)]),
            "when": pa.array(np.arange(rows) * 1_000_000 + 1_700_000_000_000_000, pa.timestamp("us", "UTC")),
            "list": [[1, 2]] * rows,
            "content": [b"blob"] * rows,
            "size": rng.integers(1, 9, rows),
        }
    )


def test_numbers_are_as_numpy_has_them(pixlake, tmp_path):
    table = Numbers(1, 5000)
    path = tmp_path / "rows.parquet"
    pa.parquet.write_table(table, path)
    outcome = pixlake("profile", path, "--json")
    assert outcome.json["rows"] == 5000
    found = Columns(outcome)
    for name in ("normal", "whole", "single", "some", "same", "size"):
        values = table[name].drop_null().to_numpy().astype(float)
        kept = values[np.isfinite(values)]
        column = found[name]
        assert column["nulls"] == table[name].null_count
        assert column["null_share"] == table[name].null_count / 5000
        assert column["not_finite"] == len(values) - len(kept)
        assert column["mean"] == pytest.approx(kept.mean())
        assert column["std"] == pytest.approx(kept.std(ddof=1), abs=1e-12)
        assert (float(column["min"]), float(column["max"])) == pytest.approx((kept.min(), kept.max()))
        counts, edges = np.histogram(kept, bins=10)
        assert column["histogram"]["edges"] == pytest.approx(edges.tolist())
        assert column["histogram"]["counts"] == counts.tolist()
        assert (column["distinct"], column["distinct_exact"]) == (len(np.unique(kept)), True)
        spread = kept.max() - kept.min()
        for share, value in column["approximate_quantiles"].items():
            assert value == pytest.approx(np.quantile(kept, float(share)), abs=max(0.02 * spread, 1e-9))


def test_texts_times_and_blobs(pixlake, tmp_path):
    table = Numbers(2, 1000)
    path = tmp_path / "rows.parquet"
    pa.parquet.write_table(table, path)
    found = Columns(pixlake("profile", path, "--json"))
    counts = {row["values"].as_py(): row["counts"].as_py() for row in table["text"].drop_null().value_counts()}
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert [(one["value"], one["rows"]) for one in found["text"]["top"]] == top
    assert (found["text"]["distinct"], found["text"]["min_length"], found["text"]["max_length"]) == (8, 7, 7)
    assert found["text"]["nulls"] == table["text"].null_count
    assert found["when"]["min"] == "2023-11-14T22:13:20.000Z"
    assert {one["value"] for one in found["flag"]["top"]} == {"true", "false"}
    sizes = table["size"].to_numpy()
    assert found["content"]["nulls"] is None
    assert (found["content"]["min_length"], found["content"]["mean_length"]) == (sizes.min(), sizes.mean())
    assert "not read" in found["content"]["note"]
    assert found["list"]["nulls"] == 0


def test_drift_is_as_numpy_has_it(pixlake, tmp_path):
    then, now = Numbers(3, 4000), Numbers(4, 3000, shift=0.7)
    now = now.set_column(5, "text", pa.array(["fresh" if i < 10 else f"value {1 + i % 7}" for i in range(3000)]))
    table = tmp_path / "t"
    for version, rows in enumerate([then, now]):
        pa.parquet.write_table(rows.drop_columns(["list"]), tmp_path / f"{version}.parquet")
    types = (
        "normal DOUBLE, whole BIGINT, single FLOAT, some DOUBLE, same BIGINT, text STRING, flag BOOLEAN, "
        '"when" TIMESTAMP, content BINARY, size BIGINT'
    )
    pixlake("sql", f"CREATE TABLE delta.`{table}` ({types})")
    pixlake("sql", f"INSERT INTO delta.`{table}` SELECT * FROM '{tmp_path}/0.parquet'")
    pixlake("sql", f"INSERT OVERWRITE delta.`{table}` SELECT * FROM '{tmp_path}/1.parquet'")
    outcome = pixlake("profile", table, "--against", "1", "--json")
    assert (outcome.json["against"]["version"], outcome.json["against"]["rows"]) == (1, 4000)
    found = Columns(outcome)
    for name in ("normal", "whole", "single", "some", "same", "size"):
        drift = found[name]["drift"]
        of_now, of_then = (
            values[np.isfinite(values)]
            for values in (one[name].drop_null().to_numpy().astype(float) for one in (now, then))
        )
        edges = drift["bins"]["edges"]
        tenths = np.quantile(of_then, np.arange(1, 10) / 10)
        assert edges == pytest.approx(sorted(set(edges)))
        assert abs(np.asarray(edges)[:, None] - tenths).min(axis=1).max() <= 0.02 * np.ptp(of_then) + 1e-9
        bins = [
            np.bincount(np.searchsorted(edges, v, side="right"), minlength=len(edges) + 1) for v in (of_now, of_then)
        ]
        assert [drift["bins"]["now"], drift["bins"]["then"]] == [one.tolist() for one in bins]
        assert drift["psi"] == pytest.approx(Psi(*bins))
        distance, p = Ks(of_now, of_then)
        assert drift["ks"] == pytest.approx(distance)
        assert drift["ks_p_value"] == pytest.approx(p, abs=1e-9)
        assert drift["null_share_then"] == then[name].null_count / 4000
    values = sorted(set(now["text"].to_pylist()) | set(then["text"].drop_null().to_pylist()))
    counts = [[one["text"].to_pylist().count(value) for value in values] for one in (now, then)]
    drift = found["text"]["drift"]
    assert drift["psi"] == pytest.approx(Psi(*counts))
    assert (drift["new_values"], drift["vanished_values"]) == (1, 1)
    assert drift["new_examples"] == [{"value": "fresh", "rows": 10}]
    assert drift["vanished_examples"][0]["value"] == "value 8"
    assert found["flag"]["drift"]["psi"] == pytest.approx(0, abs=1e-6)
    assert "drift" not in found["content"]
    # The same rows do not drift.
    again = Columns(pixlake("profile", table, "--version", "1", "--against", "1", "--json"))
    assert again["normal"]["drift"]["psi"] == again["normal"]["drift"]["ks"] == 0
    assert again["normal"]["drift"]["ks_p_value"] == 1


def test_a_table_of_a_lake_fits_80_columns(pixlake, tmp_path):
    for seed in range(12):
        Picture(tmp_path / "in" / f"{seed % 3}" / f"{seed}.png", seed, (20 + seed, 9))
    pixlake("init", tmp_path / "lake")
    pixlake("run", "--lake", tmp_path / "lake", tmp_path / "in")
    said = pixlake("profile", "processed.enriched", "--against", "0", "--lake", tmp_path / "lake").stdout
    assert max(len(line) for line in said.splitlines()) <= 80
    assert "12 rows" in said
    found = Columns(pixlake("profile", "raw.images", "--lake", tmp_path / "lake", "--json"))
    sizes = [row["size"] for row in Rows(tmp_path / "lake", "raw.images")]
    assert found["content"]["max_length"] == max(sizes)


def test_hostile_and_empty(pixlake, tmp_path):
    path = tmp_path / "rows.csv"
    pa.csv.write_csv(pa.table({'a "b"': ["\x1b[31mred\x1b[0m", "it's"], "n": [1e308, -1e308]}), path)
    said = pixlake("profile", path).stdout
    assert "\x1b" not in said
    found = Columns(pixlake("profile", path, "--json"))
    assert found['a "b"']["distinct"] == 2
    assert found["n"]["mean"] is None or abs(found["n"]["mean"]) < 1e300
    empty = tmp_path / "empty.parquet"
    pa.parquet.write_table(Numbers(1, 0), empty)
    outcome = pixlake("profile", empty, "--json")
    assert outcome.json["rows"] == 0
    assert all(column["null_share"] is None for column in outcome.json["columns"])
    assert pixlake("profile", empty).stdout
    nulls = tmp_path / "nulls.parquet"
    pa.parquet.write_table(pa.table({"n": pa.array([None, None], pa.float64())}), nulls)
    assert Columns(pixlake("profile", nulls, "--json"))["n"]["null_share"] == 1.0


def test_what_is_not_there_is_said(pixlake, tmp_path):
    pixlake("init", tmp_path / "lake")
    lake = ["--lake", tmp_path / "lake"]
    assert "raw.images" in pixlake("profile", "raw.imags", *lake, status=1).stderr
    assert "99" in pixlake("profile", "raw.images", "--against", "99", *lake, status=1).stderr
    path = tmp_path / "rows.parquet"
    pa.parquet.write_table(pa.table({"a": [1]}), path)
    assert "version" in pixlake("profile", path, "--against", "1", status=2).stderr
