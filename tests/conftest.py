"""What all Python tests share: the program under test, data sets, the oracles."""

from __future__ import annotations

import dataclasses
import functools
import gzip
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(os.environ.get("PIXLAKE_BIN", ROOT / "build/release/bin"))
CORPUS = Path(os.environ.get("PIXLAKE_CORPUS", ROOT.parent / "shared/corpus"))
DEPS = Path(
    os.environ.get("PIXLAKE_DEPS") or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pixlake/deps"
)
PARTS = ("train", "t10k")
TABLE = "artifacts/mnist_images_delta"
TREE = "flat_files/mnist_png"


# --- the program -----------------------------------------------------------------


@dataclasses.dataclass
class Outcome:
    """One finished run of the program."""

    command: list[str]
    status: int
    stdout: str
    stderr: str
    seconds: float
    raw: bytes

    @property
    def json(self):
        """Standard output as the one JSON object it must be."""
        value = json.loads(self.stdout)
        assert isinstance(value, dict), f"{self.command}: expected one JSON object, found {self.stdout[:200]!r}"
        return value

    def __str__(self):
        return f"{' '.join(self.command)}\nexit status {self.status}\n{self.stdout}\n{self.stderr}"


class Program:
    """Runs one of our binaries to its end; `Start` leaves it running."""

    def __init__(self, binary: Path):
        self.binary = binary

    def __call__(self, *arguments, status=0, timeout=120, cwd=None, env=None, prefix=()) -> Outcome:
        command = [*map(str, prefix), str(self.binary), *map(str, arguments)]
        begin = time.monotonic()
        done = subprocess.run(
            command, capture_output=True, timeout=timeout, cwd=cwd, env=Environment(env), stdin=subprocess.DEVNULL
        )
        outcome = Outcome(
            command,
            done.returncode,
            done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"),
            time.monotonic() - begin,
            done.stdout,
        )
        if status is not None:
            assert outcome.status == status, f"expected exit status {status}\n{outcome}"
        return outcome

    def Start(self, *arguments, cwd=None, output=subprocess.PIPE) -> subprocess.Popen:
        return subprocess.Popen(
            [str(self.binary), *map(str, arguments)],
            stdout=output,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=cwd,
            env=Environment(None),
        )


def Environment(extra: dict | None) -> dict:
    environment = dict(os.environ)
    environment.pop("PIXLAKE_MNIST", None)
    environment.update(extra or {})
    return environment


def _Program(name: str) -> Program:
    binary = BIN / name
    assert binary.exists(), f"{binary} is missing: run `make build` first"
    return Program(binary)


@pytest.fixture(scope="session")
def pixlake() -> Program:
    return _Program("pixlake")


@pytest.fixture(scope="session")
def mnist_to_delta() -> Program:
    return _Program("mnist-to-delta")


def Stop(process: subprocess.Popen, how=signal.SIGKILL, timeout=60) -> tuple[int, str]:
    """Sends the signal and waits; the exit status and what stood on stderr."""
    process.send_signal(how)
    _, stderr = process.communicate(timeout=timeout)
    return process.returncode, stderr


# --- data ------------------------------------------------------------------------


def ReadIdx(path: Path) -> np.ndarray:
    """An IDX file of unsigned bytes, read independently of the product."""
    content = gzip.decompress(path.read_bytes())
    zero, kind, rank = struct.unpack_from(">HBB", content)
    assert (zero, kind) == (0, 8)
    shape = struct.unpack_from(f">{rank}I", content, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def WriteIdx(path: Path, array: np.ndarray) -> None:
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes(), 1, mtime=0))


@dataclasses.dataclass
class Mnist:
    """A folder with the four files, and what is in them."""

    folder: Path
    images: np.ndarray  # both parts, one after the other
    labels: list[str]

    def Pixels(self) -> Counter:
        """How often each (label, pixels) occurs."""
        return Counter((label, image.tobytes()) for label, image in zip(self.labels, self.images))


def ImagesFile(folder: Path, part="train") -> Path:
    return folder / f"{part}-images-idx3-ubyte.gz"


def LabelsFile(folder: Path, part="train") -> Path:
    return folder / f"{part}-labels-idx1-ubyte.gz"


def LoadMnist(folder: Path) -> Mnist:
    images = np.concatenate([ReadIdx(ImagesFile(folder, part)) for part in PARTS])
    labels = [str(label) for part in PARTS for label in ReadIdx(LabelsFile(folder, part))]
    return Mnist(folder, images, labels)


def MakeMnist(folder: Path, train: int, test: int, seed: int = 1) -> Mnist:
    command = [sys.executable, ROOT / "tools/make_synthetic_mnist.py", folder]
    command += ["--train", str(train), "--test", str(test), "--seed", str(seed)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return LoadMnist(folder)


@pytest.fixture(scope="session")
def mnist_small(tmp_path_factory) -> Mnist:
    """700 drawn digits. Shared: copy the folder before changing it."""
    return MakeMnist(tmp_path_factory.mktemp("mnist") / "small", 600, 100)


@pytest.fixture(scope="session")
def mnist_large(tmp_path_factory) -> Mnist:
    """70,000 drawn digits, for what needs a run that takes a while."""
    return MakeMnist(tmp_path_factory.mktemp("mnist") / "large", 60000, 10000)


@pytest.fixture
def mnist_copy(mnist_small, tmp_path) -> Path:
    """A copy of the small set that a test may damage."""
    return Path(shutil.copytree(mnist_small.folder, tmp_path / "mnist"))


@pytest.fixture(scope="session")
def small_output(mnist_to_delta, mnist_small, tmp_path_factory) -> Path:
    """What the program makes of the small set. Shared: do not change it."""
    out = tmp_path_factory.mktemp("out") / "small"
    mnist_to_delta("--source", mnist_small.folder, "--out", out)
    return out


@pytest.fixture(scope="session")
def corpus() -> Path:
    if not CORPUS.is_dir():
        pytest.skip(f"NO CORPUS: {CORPUS} is not there; set PIXLAKE_CORPUS to run this test")
    return CORPUS


@pytest.fixture(scope="session")
def corpus_mnist(corpus) -> Path:
    if not ImagesFile(corpus / "mnist").exists():
        pytest.skip(f"NO CORPUS: {corpus / 'mnist'} is not there; set PIXLAKE_CORPUS to run this test")
    return corpus / "mnist"


# --- oracles ---------------------------------------------------------------------


def PngFiles(out: Path) -> list[tuple[str, Path]]:
    """(label, path) of every file in the tree."""
    return [(path.parent.name, path) for path in sorted((out / TREE).glob("*/*"))]


def DeltaRows(table: Path) -> Counter:
    """Rows as delta-rs and Arrow read them: how often each (label, bytes) occurs."""
    import deltalake

    rows = deltalake.DeltaTable(str(table)).to_pyarrow_table()
    return Counter(zip(rows["label"].to_pylist(), rows["image_binary"].to_pylist()))


def DeltaCount(table: Path) -> int:
    import deltalake

    return deltalake.DeltaTable(str(table)).to_pyarrow_dataset().count_rows()


def DataFiles(table: Path) -> list[str]:
    import deltalake

    return deltalake.DeltaTable(str(table)).file_uris()


@functools.cache
def DuckDbWithDelta():
    """A connection of DuckDB with its own delta_scan: an extension that DuckDB has signed."""
    import duckdb
    import duckdb_extension_delta

    folder = Path(duckdb_extension_delta.__file__).parent
    (extension,) = folder.rglob("delta.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    return connection


@pytest.fixture(scope="session")
def duckdb_delta():
    return DuckDbWithDelta()


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """Real Spark with delta-spark, in one process, reaching nothing outside.

    Its absence is a failure, not a skip: `make setup` brings it.
    """
    from pyspark.sql import SparkSession

    jars = sorted((DEPS / "spark-jars").glob("*.jar"))
    assert jars, f"no jars in {DEPS / 'spark-jars'}: run `make setup` first"
    folder = tmp_path_factory.mktemp("spark")
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master("local[2]")
        .appName("pixlake-tests")
        .config("spark.jars", ",".join(map(str, jars)))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        # For tables of a few rows: by default Delta reads its log in 50 tasks and vacuums in 10,000.
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.databricks.delta.snapshotPartitions", "2")
        .config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "4")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .config("spark.local.dir", str(folder / "local"))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
