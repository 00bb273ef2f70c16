"""HDFS through WebHDFS of a real mini cluster; its own REST interface is the other side."""

import json
import os
import re
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from conftest import DEPS, MakeMnist
from lake_in_store import MADE, RAW, Kill, Lasting, Mixed, Start, TableBySql, WaitUntil
from PIL import Image

pytestmark = pytest.mark.full
TABLE = "artifacts/mnist_images_delta"


@pytest.fixture(scope="module")
def hdfs(tmp_path_factory):
    """(environment, root, REST address) of a cluster. Without its jars this fails: `make setup` brings them."""
    folder = tmp_path_factory.mktemp("hdfs")
    jars = DEPS / "hadoop-jars"
    assert jars.is_dir(), f"no jars in {jars}: run `make setup` first"
    opens = [f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in ("lang", "util")]
    command = [
        "java",
        *opens,
        "-Xmx512m",
        "-cp",
        f"{jars}/*",
        Path(__file__).with_name("MiniHdfs.java"),
        folder / "dfs",
    ]
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE, stdout=out, stderr=out, cwd=folder)
    deadline = time.monotonic() + 120
    while (found := re.search(rb"^READY (\d+)$", log.read_bytes(), re.MULTILINE)) is None:
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.2)
    port = int(found[1])
    yield {"HADOOP_USER_NAME": os.environ.get("USER", "root")}, f"hdfs://127.0.0.1:{port}", f"http://127.0.0.1:{port}"
    process.stdin.close()
    process.wait(60)


def Names(rest, folder):
    with urllib.request.urlopen(f"{rest}/webhdfs/v1/{folder}?op=LISTSTATUS") as answer:
        return [status["pathSuffix"] for status in json.load(answer)["FileStatuses"]["FileStatus"]]


def Text(rest, path):
    with urllib.request.urlopen(f"{rest}/webhdfs/v1/{path}?op=OPEN") as answer:
        return answer.read().decode()


def test_described_images_lie_in_hdfs_and_a_second_run_does_the_rest(pixlake, hdfs, tmp_path):
    environment, root, rest = hdfs
    Image.new("RGB", (9, 5)).save(tmp_path / "a.jpg")
    listed = tmp_path / "list.csv"
    listed.write_text(f"url\n{tmp_path}/a.jpg\n{tmp_path}/late.jpg\n")
    command = ["metadata", listed, "--json", "--success", f"{root}/d/good", "--failure", f"{root}/d/bad"]
    assert pixlake(*command, status=3, env=environment).json["succeeded"] == 1
    (part,) = [name for name in Names(rest, "d/good") if name.endswith(".jsonl")]
    assert json.loads(Text(rest, f"d/good/{part}"))["width"] == 9
    (tmp_path / "late.jpg").write_bytes((tmp_path / "a.jpg").read_bytes())
    again = pixlake(*command, env=environment).json
    assert (again["succeeded"], again["done_before"]) == (1, 1)
    assert Names(rest, "d/bad") == ["_pixlake"]
    assert not [name for name in Names(rest, "d/good") if name.endswith(".tmp")]


def test_mnist_is_a_table_in_hdfs(pixlake, mnist_to_delta, hdfs, tmp_path):
    environment, root, rest = hdfs
    mnist = MakeMnist(tmp_path / "mnist", 60, 20)
    mnist_to_delta("--source", mnist.folder, "--out", f"{root}/mnist", env=environment)
    query = f"SELECT count(*) FROM delta_scan('{root}/mnist/{TABLE}')"
    assert pixlake("sql", query, "--format", "csv", env=environment).stdout.splitlines()[1] == "80"
    assert pixlake("table", "check", f"{root}/mnist/{TABLE}", "--json", env=environment).json["problems"] == []
    assert [name for name in Names(rest, f"mnist/{TABLE}/_delta_log") if name.endswith(".json")] == [
        f"{version:020}.json" for version in range(2)
    ]
    # The images themselves, as a prefix and as a list.
    taken = pixlake("ingest", f"{root}/mnist/flat_files", "--lake", tmp_path / "lake", "--json", env=environment).json
    assert taken["images"] + taken["duplicates"] == 80


def test_of_racing_writers_one_commits(mnist_to_delta, pixlake, hdfs, tmp_path):
    environment, root, _ = hdfs
    mnist = MakeMnist(tmp_path / "mnist", 20, 10)
    command = [mnist_to_delta.binary, "--source", mnist.folder, "--out", f"{root}/race", "--no-tree", "--quiet"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    processes = [subprocess.Popen(command, env={**os.environ, **environment}, **pipes) for _ in range(4)]
    for process in processes:
        text = process.communicate(timeout=100)[0].decode()
        assert process.returncode == 0, text
    query = f"SELECT count(*) FROM delta_scan('{root}/race/{TABLE}')"
    assert pixlake("sql", query, "--format", "csv", env=environment).stdout.splitlines()[1] == "30"


@pytest.mark.stores
def test_a_lake_in_hdfs_is_the_lake_it_would_be_on_a_disk(pixlake, hdfs, tmp_path, monkeypatch):
    environment, root, rest = hdfs
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    environment = {**environment, "PIXLAKE_LEASE_TTL_MS": "1500"}
    lake, here, source = f"{root}/a/lake", tmp_path / "here", Mixed(tmp_path / "in", 8)
    for where, env in ((lake, environment), (here, {})):
        pixlake("run", source, "--lake", where, env=env, status=3)
    for name in [*(f"raw.{table}" for table in RAW), *MADE]:
        there = TableBySql(pixlake, environment, lake, name)
        assert Lasting(there) == Lasting(TableBySql(pixlake, {}, str(here), name)), name
    (row,) = json.loads(
        pixlake("sql", "SELECT id FROM raw.images LIMIT 1", "--lake", lake, "--format", "json", env=environment).stdout
    )
    assert pixlake("cat", "raw.images", row["id"], "--lake", lake, env=environment).raw.startswith(b"\x89PNG")
    # Killed while it has the lease: taken over, finished.
    more = Mixed(tmp_path / "more", 8, first=100)
    process = Start(pixlake, environment, "ingest", more, "--lake", lake)
    leases = "a/lake/_pixlake/leases/ingest"
    WaitUntil(lambda: f"{2:020}.json" in Names(rest, leases) or process.poll() is not None)
    Kill(process)
    pixlake("run", more, "--lake", lake, env=environment, status=None)
    count = "SELECT count(*) AS n, count(DISTINCT id) AS d FROM raw.images"
    text = pixlake("sql", count, "--lake", lake, "--format", "csv", env=environment).stdout
    assert text == "n,d\n16,16\n"
