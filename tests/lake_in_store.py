"""Lakes in object stores: read by the store's own protocol or by others' libraries, and inputs for them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
from PIL import Image

RAW = ("images", "metadata", "binary", "sources", "quarantine")
MADE = (
    "processed.features",
    "processed.validated",
    "processed.sidecars",
    "processed.enriched",
    "curated.analytics",
    "curated.ml_ready",
    "curated.reporting",
)
# When a row came to be, and what follows from it; the rest of it follows from the inputs.
TIMES = {
    "ingestion_time",
    "quarantined_at",
    "described_at",
    "first_seen",
    "last_seen",
    "extracted_at",
    "validated_at",
    "enriched_at",
    "created_at",
    "date_partition",
}


def S3Options(environment):
    return {**environment, "AWS_ALLOW_HTTP": "true"}


def Picture(path: Path, seed: int, size=(24, 18)) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def Mixed(folder: Path, count: int, first=0) -> Path:
    """Pictures in two folders, one of them twice, a broken one, a text and a sidecar."""
    for i in range(first, first + count):
        Picture(folder / ("cats" if i % 2 else "dogs") / f"{i}.png", i)
    (folder / "again.png").write_bytes((folder / ("cats" if first % 2 else "dogs") / f"{first}.png").read_bytes())
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more %d" % first)
    (folder / "notes.txt").write_text("no image")
    (folder / "dogs" / f"{first}.json").write_text('{"n": 1}')
    return folder


def Table(environment, lake: str, name: str) -> list[dict]:
    """A table's rows as delta-rs reads them, from S3 or a local lake."""
    import deltalake

    place = f"{lake}/{name.replace('.', '/')}"
    options = S3Options(environment) if "://" in place else None
    if not deltalake.DeltaTable.is_deltatable(place, storage_options=options):
        return []
    return deltalake.DeltaTable(place, storage_options=options).to_pyarrow_table().to_pylist()


def TableBySql(pixlake, environment, lake: str, name: str) -> list[dict]:
    """The same as pixlake reads it, for stores that delta-rs is not led to."""
    text = pixlake("sql", f"SELECT * FROM {name}", "--lake", lake, "--format", "json", env=environment).stdout
    return json.loads(text)


def Lasting(rows: list[dict]) -> list[str]:
    """What of the rows follows from the inputs, in an order of its own."""
    kept = [{key: value for key, value in row.items() if key not in TIMES} for row in rows]
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in kept)


STARTED: list[subprocess.Popen] = []  # for who cleans up behind a test that failed


def Start(pixlake, environment, *arguments) -> subprocess.Popen:
    command = [pixlake.binary, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True}
    process = subprocess.Popen([*map(str, command)], env={**os.environ, **environment}, **pipes)
    STARTED.append(process)
    return process


def End(process: subprocess.Popen, timeout=120) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err


def Kill(process: subprocess.Popen) -> bool:
    """True when it was still at work."""
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    return process.returncode == -signal.SIGKILL


def WaitUntil(what, seconds=60, every=0.02):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(every)
    return found


class S3Client:
    """What stands in the bucket."""

    def __init__(self, environment):
        import boto3

        keys = {"aws_access_key_id": "test-key", "aws_secret_access_key": "test-secret", "region_name": "us-east-1"}
        self.client = boto3.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"], **keys)

    def Names(self, uri: str) -> list[str]:
        bucket, prefix = uri.removeprefix("s3://").split("/", 1)
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def MakeBucket(self, name: str) -> None:
        self.client.create_bucket(Bucket=name)


def AssertEachOnce(environment, lake: str, sources: list[Path]) -> None:
    """Every file under the sources has its place, every content is there once and whole."""
    import hashlib
    from urllib.parse import quote

    wanted = {}
    for source in sources:
        for path in source.rglob("*"):
            if path.is_file():
                wanted["file://" + quote(str(path), safe="/=!$&'()*+,;:@~")] = hashlib.sha256(
                    path.read_bytes()
                ).hexdigest()
    have = set()
    for table in ("images", "binary", "quarantine"):
        rows = Table(environment, lake, f"raw.{table}")
        ids = [row["id"] for row in rows]
        assert len(ids) == len(set(ids)), f"raw.{table} has a content twice"
        for row in rows:
            assert hashlib.sha256(row["content"]).hexdigest() == row["id"]
        have.update(ids)
    places = [(row["uri"], row["id"]) for row in Table(environment, lake, "raw.sources")]
    assert len(places) == len(set(places)), "a place is noted twice"
    assert dict(places) == wanted
    assert have == set(wanted.values())
    described = [row["id"] for row in Table(environment, lake, "raw.metadata")]
    images = {row["id"] for row in Table(environment, lake, "raw.images")}
    assert sorted(described) == sorted(images)
