"""A lake as others read it, and inputs for it; shared by the ingest tests."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path
from urllib.parse import quote


def Rows(lake: Path, table: str, columns=None) -> list[dict]:
    """Rows of a lake's table as delta-rs reads them; none when there is no table."""
    import deltalake

    place = lake / table.replace(".", "/")
    if not (place / "_delta_log").is_dir():
        return []
    return deltalake.DeltaTable(str(place)).to_pyarrow_table(columns=columns).to_pylist()


def Sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def Uri(path: Path | bytes | str) -> str:
    raw = path if isinstance(path, bytes) else str(path).encode()
    return "file://" + quote(raw, safe="/=!$&'()*+,;:@~")


def Places(lake: Path) -> dict[str, dict]:
    """The newest row of raw.sources for every uri."""
    newest: dict[str, dict] = {}
    for row in Rows(lake, "raw.sources"):
        known = newest.get(row["uri"])
        if known is None or row["last_seen"] >= known["last_seen"]:
            newest[row["uri"]] = row
    return newest


def Files(folder: Path) -> dict[str, bytes]:
    """Every regular file under a folder, by uri."""
    return {Uri(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def AssertAccountsFor(lake: Path, files: dict[str, bytes]) -> None:
    """Every file has one row in force that names its content; every content is there once, whole."""
    kept = {}
    for table in ("raw.images", "raw.binary", "raw.quarantine"):
        rows = [row for row in Rows(lake, table) if row["id"]]
        ids = [row["id"] for row in rows]
        assert len(ids) == len(set(ids)), f"{table} has a content twice"
        for row in rows:
            if row["content"] is not None:
                assert Sha256(row["content"]) == row["id"], f"{table}: {row['source']} was mangled"
                assert row["size"] == len(row["content"])
        kept[table] = set(ids)
    rows = Rows(lake, "raw.sources")
    # A place that is tried again without success has a row for every try.
    seen = [(row["uri"], row["etag"]) for row in rows if not row["gone"] and (row["id"] or not row["problem"])]
    assert len(seen) == len(set(seen)), "a place is noted twice"
    places = Places(lake)
    for uri, content in files.items():
        assert uri in places, f"{uri} is not accounted for"
        place = places[uri]
        assert place["id"] == Sha256(content), f"{uri}: other bytes"
        assert place["id"] in kept[place["table_name"]], f"{uri}: its content is not in {place['table_name']}"


def Png(width=3, height=2, seed=0) -> bytes:
    """A PNG written by hand."""

    def Chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = hashlib.shake_128(str(seed).encode()).digest(width * height)
    rows = b"".join(b"\0" + pixels[i * width : (i + 1) * width] for i in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + Chunk(b"IHDR", header) + Chunk(b"IDAT", zlib.compress(rows)) + Chunk(b"IEND", b"")


def MakePhotos(folder: Path, count: int, size: int = 0, first: int = 0) -> Path:
    """`count` different PNGs of about `size` bytes in a few folders."""
    side = max(2, int(size**0.5))
    for number in range(first, first + count):
        place = folder / f"{number % 7}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06}.png").write_bytes(Png(side, side, number))
    return folder
