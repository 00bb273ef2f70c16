"""Tables, lists and outputs in object stores, against real servers; deltalake and boto3 are the other side."""

import json
import os
import subprocess
import urllib.parse
import urllib.request

import deltalake
import pyarrow as pa
import pytest
import services
from conftest import DeltaRows, MakeMnist
from PIL import Image

TABLE = "artifacts/mnist_images_delta"


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    with services.S3(tmp_path_factory.mktemp("s3")) as environment:
        yield environment


@pytest.fixture(scope="module")
def gcs(tmp_path_factory):
    with services.Gcs(tmp_path_factory.mktemp("gcs")) as environment:
        yield environment


@pytest.fixture(params=["s3", "gs"])
def store(request):
    """(environment, root) of each store."""
    name = {"s3": "s3", "gs": "gcs"}[request.param]
    return request.getfixturevalue(name), f"{request.param}://bucket/{request.node.name}"


def Objects(environment, root):
    """Names and bytes below a root, read by the store's own protocol."""
    prefix = root.split("/", 3)[3] + "/"
    if "AWS_ENDPOINT_URL" in environment:
        import boto3

        keys = {"aws_access_key_id": "test-key", "aws_secret_access_key": "test-secret", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"], **keys)
        pages = client.get_paginator("list_objects_v2").paginate(Bucket="bucket", Prefix=prefix)
        names = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {name[len(prefix) :]: client.get_object(Bucket="bucket", Key=name)["Body"].read() for name in names}
    base = environment["STORAGE_EMULATOR_HOST"] + "/storage/v1/b/bucket/o"
    with urllib.request.urlopen(f"{base}?prefix={urllib.parse.quote(prefix, safe='')}") as answer:
        names = [item["name"] for item in json.load(answer).get("items", [])]
    found = {}
    for name in names:
        with urllib.request.urlopen(f"{base}/{urllib.parse.quote(name, safe='')}?alt=media") as answer:
            found[name[len(prefix) :]] = answer.read()
    return found


def Lines(objects, folder):
    parts = [text for name, text in objects.items() if name.startswith(folder + "/") and name.endswith(".jsonl")]
    return [json.loads(line) for text in parts for line in text.splitlines()]


def S3Options(environment):
    return {**environment, "AWS_ALLOW_HTTP": "true", "AWS_S3_ALLOW_UNSAFE_RENAME": "false"}


def test_described_images_and_failures_lie_in_the_store(pixlake, store, tmp_path):
    environment, root = store
    photos = []
    for i in range(3):
        Image.new("RGB", (9 + i, 5)).save(tmp_path / f"{i}.jpg")
        photos.append(tmp_path / f"{i}.jpg")
    listed = tmp_path / "list.csv"
    listed.write_text("url\n" + "".join(f"{photo}\n" for photo in photos) + f"{tmp_path}/late.jpg\n")
    command = ["metadata", listed, "--json", "--success", f"{root}/good", "--failure", f"{root}/bad"]
    assert pixlake(*command, status=3, env=environment).json["succeeded"] == 3
    objects = Objects(environment, root)
    assert {row["width"] for row in Lines(objects, "good")} == {9, 10, 11}
    assert [row["code"] for row in Lines(objects, "bad")] == ["not_found"]
    (tmp_path / "late.jpg").write_bytes(photos[0].read_bytes())
    again = pixlake(*command, env=environment).json
    assert (again["succeeded"], again["done_before"]) == (1, 3)
    objects = Objects(environment, root)
    assert len(Lines(objects, "good")) == 4
    assert not Lines(objects, "bad")


def test_images_and_the_list_itself_come_from_the_store(pixlake, store, tmp_path, mnist_to_delta):
    environment, root = store
    mnist = MakeMnist(tmp_path / "mnist", 30, 10)
    mnist_to_delta("--source", mnist.folder, "--out", f"{root}/out", env=environment)
    objects = Objects(environment, root)
    images = [name for name in objects if name.startswith("out/flat_files/")]
    assert len(images) == 40
    # A list of the very images, read from the store like them.
    listed = tmp_path / "list.csv"
    listed.write_text("url\n" + "".join(f"{root}/{name}\n" for name in images) + f"{root}/none.png\n")
    outcome = pixlake(
        *["metadata", listed, "--json", "--success", tmp_path / "good", "--failure", tmp_path / "bad"],
        status=3,
        env=environment,
    )
    assert outcome.json["codes"] == {"not_found": 1}
    rows = [json.loads(line) for part in (tmp_path / "good").glob("*.jsonl") for line in part.read_text().splitlines()]
    assert {row["url"] for row in rows} == {f"{root}/{name}" for name in images}
    assert {(row["mode"], row["width"], row["size"] > 50) for row in rows} == {("L", 28, True)}


def test_mnist_is_a_table_in_the_store(pixlake, mnist_to_delta, store, mnist_small, small_output):
    environment, root = store
    mnist_to_delta("--source", mnist_small.folder, "--out", root, env=environment)
    query = f"SELECT label, count(*) AS n FROM delta_scan('{root}/{TABLE}') GROUP BY label ORDER BY label"
    there = pixlake("sql", query, "--format", "csv", env=environment).stdout
    here = pixlake("sql", query.replace(root, str(small_output)), "--format", "csv").stdout
    assert there == here
    assert pixlake("table", "check", f"{root}/{TABLE}", "--json", env=environment).json["problems"] == []
    if root.startswith("s3"):
        table = deltalake.DeltaTable(f"{root}/{TABLE}", storage_options=S3Options(environment))
        rows = table.to_pyarrow_table()
        assert len(rows) == len(mnist_small.labels)
        ours = DeltaRows(small_output / TABLE)
        assert sum(ours.values()) == len(rows)
        assert set(ours) == set(zip(rows["label"].to_pylist(), rows["image_binary"].to_pylist()))
    # The same again changes nothing: the transaction is known.
    mnist_to_delta("--source", mnist_small.folder, "--out", root, env=environment)
    assert pixlake("sql", query, "--format", "csv", env=environment).stdout == here


def test_what_delta_rs_writes_to_s3_is_read(pixlake, s3):
    uri = "s3://bucket/of-delta-rs/table"
    for i in range(12):
        rows = pa.table({"id": [f"{i}-{n}" for n in range(5)], "n": list(range(5))})
        deltalake.write_deltalake(uri, rows, mode="append", storage_options=S3Options(s3))
    text = pixlake(
        "sql", f"SELECT count(*), sum(n), max(id) FROM delta_scan('{uri}')", "--format", "csv", env=s3
    ).stdout
    assert text.splitlines()[1] == "60,120,9-4"
    assert len(pixlake("table", "history", uri, "--json", env=s3).json["history"]) == 12


def test_of_racing_writers_one_commits_and_the_others_see_it(pixlake, mnist_to_delta, store, tmp_path):
    """All bring the same data, so it must be in the table once, and nobody may fail."""
    environment, root = store
    mnist = MakeMnist(tmp_path / "mnist", 20, 10)
    command = [mnist_to_delta.binary, "--source", mnist.folder, "--out", root, "--no-tree", "--quiet"]
    RunAll([command] * 6, environment)
    query = f"SELECT count(*) AS n FROM delta_scan('{root}/{TABLE}')"
    assert pixlake("sql", query, "--format", "csv", env=environment).stdout == "n\n30\n"


def test_racing_commits_lose_no_row_of_any_writer(pixlake, store, tmp_path):
    """Every version is put only where none is: a store that let two win would lose rows."""
    environment, root = store
    table = f"{root}/raced"
    pixlake("sql", f"CREATE TABLE delta.`{table}` (writer INT, n INT)", env=environment)
    statements = [
        "; ".join(f"INSERT INTO delta.`{table}` VALUES ({writer}, {n})" for n in range(4)) for writer in range(8)
    ]
    RunAll([[pixlake.binary, "sql", statement] for statement in statements], environment)
    query = f"SELECT count(*) AS n, count(DISTINCT writer * 10 + n) AS different FROM delta_scan('{table}')"
    assert pixlake("sql", query, "--format", "csv", env=environment).stdout == "n,different\n32,32\n"
    history = pixlake("table", "history", table, "--json", env=environment).json["history"]
    assert sorted(entry["version"] for entry in history) == list(range(33))


def RunAll(commands, environment):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    processes = [subprocess.Popen([*map(str, c)], env={**os.environ, **environment}, **pipes) for c in commands]
    for process in processes:
        text = process.communicate(timeout=100)[0].decode()
        assert process.returncode == 0, text


def test_what_is_wrong_is_said_without_secrets(pixlake, s3, tmp_path):
    missing = pixlake("table", "history", "s3://no-such-bucket/table", env=s3, status=1)
    assert "NoSuchBucket" in missing.stderr
    closed = {**s3, "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_SECRET_ACCESS_KEY": "sehr-geheim"}
    refused = pixlake("table", "history", "s3://bucket/table", env=closed, status=1, timeout=60)
    assert "127.0.0.1" in refused.stderr
    assert "sehr-geheim" not in refused.stderr
    assert "names no bucket" in pixlake("table", "history", "s3:///table", env=s3, status=2).stderr


def test_the_profile_gives_keys_and_endpoint(pixlake, s3, tmp_path):
    (tmp_path / "credentials").write_text(
        "[other]\naws_access_key_id = x\n[lake]\naws_access_key_id = test-key\naws_secret_access_key = test-secret\n"
    )
    (tmp_path / "config").write_text(f"[profile lake]\nregion = us-east-1\nendpoint_url = {s3['AWS_ENDPOINT_URL']}\n")
    environment = {
        **dict.fromkeys(s3, ""),
        "AWS_PROFILE": "lake",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    uri = "s3://bucket/by-profile"
    deltalake.write_deltalake(uri, pa.table({"n": [1, 2]}), storage_options=S3Options(s3))
    text = pixlake("sql", f"SELECT count(*) FROM delta_scan('{uri}')", "--format", "csv", env=environment).stdout
    assert text.splitlines()[1] == "2"
