"""MNIST from a mirror: checksums, resuming, the cache. The mirror is a local server."""

import hashlib
import http.server
import re
import threading

import pytest
from conftest import TABLE, DeltaCount, ImagesFile

NAMES = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
]


class Mirror(http.server.ThreadingHTTPServer):
    """Serves one folder with ranges; can drop connections and refuse."""

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), MirrorHandler)
        self.folder = folder
        self.requests = []  # (method, name, first byte asked for)
        self.drop_after = {}  # name -> bytes to send before dropping, once
        self.fail = {}  # name -> statuses to answer with first
        self.ranges = True

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/mnist/"

    def Bodies(self):
        return [request for request in self.requests if request[0] == "GET"]


class MirrorHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.Answer(body=False)

    def do_GET(self):
        self.Answer(body=True)

    def Answer(self, body):
        mirror = self.server
        name = self.path.rsplit("/", 1)[-1]
        match = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(match[1]) if match and mirror.ranges else 0
        mirror.requests.append((self.command, name, first))
        path = mirror.folder / name
        if mirror.fail.get(name):
            return self.Empty(mirror.fail[name].pop(0))
        if not path.exists():
            return self.Empty(404)
        content = path.read_bytes()
        tag = f'"{hashlib.md5(content).hexdigest()}"'
        if first >= len(content):
            return self.Empty(416)
        self.send_response(206 if match and mirror.ranges else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(content) - first))
        if mirror.ranges:
            self.send_header("Accept-Ranges", "bytes")
        if match and mirror.ranges:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if not body:
            return None
        end = len(content)
        if name in mirror.drop_after:
            end = min(end, first + mirror.drop_after.pop(name))
            self.close_connection = True
        self.wfile.write(content[first:end])
        return None

    def Empty(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def Serve(folder):
    mirror = Mirror(folder)
    threading.Thread(target=mirror.serve_forever, daemon=True).start()
    return mirror


@pytest.fixture
def mirror(corpus_mnist):
    """The real files: their published checksums are built into the program."""
    server = Serve(corpus_mnist)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def false_mirror(mnist_copy):
    """Files that are well-formed, but not MNIST."""
    server = Serve(mnist_copy)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetch(mnist_to_delta, tmp_path):
    def Fetch(server, status=0, out="out"):
        arguments = ["--source", server.url, "--cache", tmp_path / "cache", "--out", tmp_path / out, "--no-tree"]
        environment = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
        outcome = mnist_to_delta(*arguments, status=status, env=environment, timeout=200)
        if status == 0:
            assert DeltaCount(tmp_path / out / TABLE) == 70000
        return outcome

    return Fetch


def test_downloads_the_four_files_once(fetch, mirror):
    fetch(mirror)
    assert sorted(name for _, name, _ in mirror.Bodies()) == sorted(NAMES)


def test_the_cache_saves_the_second_download(fetch, mirror):
    fetch(mirror)
    before = len(mirror.Bodies())
    fetch(mirror, out="again")
    assert len(mirror.Bodies()) == before


def test_a_damaged_cache_is_downloaded_again(fetch, mirror, tmp_path):
    fetch(mirror)
    cached = [path for path in (tmp_path / "cache").rglob("train-images-idx3-ubyte*") if path.is_file()]
    assert cached
    for path in cached:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.chmod(0o644)
        path.write_bytes(content)
    fetch(mirror, out="again")
    assert [name for _, name, _ in mirror.Bodies()].count("train-images-idx3-ubyte.gz") == 2


def test_a_dropped_connection_is_resumed_where_it_broke(fetch, mirror):
    mirror.drop_after["train-images-idx3-ubyte.gz"] = 3_000_000
    fetch(mirror)
    asked = [first for _, name, first in mirror.Bodies() if name == "train-images-idx3-ubyte.gz"]
    assert asked[0] == 0
    assert asked[-1] > 0, "the second request should ask for the rest alone"


def test_a_server_without_ranges_is_asked_again_from_the_start(fetch, mirror):
    mirror.ranges = False
    mirror.drop_after["train-images-idx3-ubyte.gz"] = 3_000_000
    fetch(mirror)


def test_a_busy_server_is_tried_again(fetch, mirror):
    mirror.fail["t10k-labels-idx1-ubyte.gz"] = [503, 503]
    fetch(mirror)


def test_a_wrong_checksum_is_an_error_with_both(fetch, false_mirror, mnist_copy, tmp_path):
    outcome = fetch(false_mirror, status=1)
    assert "checksum" in outcome.stderr.lower()
    found = {hashlib.md5((mnist_copy / name).read_bytes()).hexdigest() for name in NAMES}
    assert any(checksum in outcome.stderr for checksum in found), "the checksum that was found"
    assert not (tmp_path / "out" / TABLE / "_delta_log").exists()


def test_a_file_with_a_wrong_checksum_does_not_stay_in_the_cache(fetch, false_mirror, mirror):
    fetch(false_mirror, status=1)
    fetch(mirror)


def test_a_missing_file_is_named_with_its_place(fetch, false_mirror, mnist_copy):
    ImagesFile(mnist_copy).unlink()
    outcome = fetch(false_mirror, status=1)
    assert ImagesFile(mnist_copy).name in outcome.stderr or "checksum" in outcome.stderr.lower()


def test_a_mirror_that_is_not_there_is_said_soon(fetch, false_mirror):
    false_mirror.shutdown()
    false_mirror.server_close()
    outcome = fetch(false_mirror, status=1)
    assert "127.0.0.1" in outcome.stderr
    assert outcome.seconds < 60
