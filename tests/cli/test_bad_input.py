"""Bad input and bad luck: a clear error, the table at its last commit, nothing twice."""

import gzip
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time

import deltalake
import pyarrow as pa
import pytest
from conftest import (
    TABLE,
    DeltaCount,
    DeltaRows,
    ImagesFile,
    LabelsFile,
    MakeMnist,
    PngFiles,
    ReadIdx,
    Stop,
    WriteIdx,
)


def AssertNothingCommitted(out):
    """There is no table yet, or one that the oracle reads as empty."""
    table = out / TABLE
    if (table / "_delta_log").exists() and any((table / "_delta_log").glob("*.json")):
        assert DeltaCount(table) == 0


def AssertWhole(out, mnist):
    """Exactly the images of the set, in the table and in the tree."""
    rows = DeltaRows(out / TABLE)
    assert rows.total() == len(mnist.labels)
    files = PngFiles(out)
    assert len(files) == len(mnist.labels)
    assert rows.total() == len(files)
    assert {(label, path.read_bytes()) for label, path in files} == set(rows)


# --- damaged files ---------------------------------------------------------------


def test_truncated_idx_names_file_and_offset(mnist_to_delta, mnist_copy, tmp_path):
    path = ImagesFile(mnist_copy)
    content = gzip.decompress(path.read_bytes())[:100_000]
    path.write_bytes(gzip.compress(content))
    outcome = mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", status=1)
    assert path.name in outcome.stderr
    assert "100000" in outcome.stderr.replace(",", "").replace("'", ""), "where it ends"
    assert str(16 + 600 * 784) in outcome.stderr.replace(",", "").replace("'", ""), "what was expected"
    AssertNothingCommitted(tmp_path / "out")


def test_idx_with_trailing_bytes_is_rejected(mnist_to_delta, mnist_copy, tmp_path):
    path = LabelsFile(mnist_copy)
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"extra"))
    assert path.name in mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", status=1).stderr
    AssertNothingCommitted(tmp_path / "out")


def test_truncated_gzip_is_named(mnist_to_delta, mnist_copy, tmp_path):
    path = ImagesFile(mnist_copy, "t10k")
    path.write_bytes(path.read_bytes()[:5000])
    assert path.name in mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", status=1).stderr
    AssertNothingCommitted(tmp_path / "out")


def test_gzip_with_a_flipped_bit_is_named(mnist_to_delta, mnist_copy, tmp_path):
    path = ImagesFile(mnist_copy)
    content = bytearray(path.read_bytes())
    content[-6] ^= 1  # in the CRC
    path.write_bytes(content)
    assert path.name in mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", status=1).stderr
    AssertNothingCommitted(tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"\x1f", b"<html>404 Not Found</html>" * 50, b"\x1f\x8b" + b"\0" * 30])
def test_a_file_that_is_not_gzip_is_named(mnist_to_delta, mnist_copy, tmp_path, content):
    path = ImagesFile(mnist_copy)
    path.write_bytes(content)
    assert path.name in mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", status=1).stderr
    AssertNothingCommitted(tmp_path / "out")


def test_labels_in_the_place_of_images_are_found(mnist_to_delta, mnist_copy, tmp_path):
    shutil.copy(LabelsFile(mnist_copy), ImagesFile(mnist_copy))
    assert (
        ImagesFile(mnist_copy).name
        in mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", status=1).stderr
    )
    AssertNothingCommitted(tmp_path / "out")


def test_counts_that_do_not_match_are_both_named(mnist_to_delta, mnist_copy, tmp_path):
    WriteIdx(LabelsFile(mnist_copy), ReadIdx(LabelsFile(mnist_copy))[:-1])
    outcome = mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", status=1)
    assert "600" in outcome.stderr
    assert "599" in outcome.stderr
    AssertNothingCommitted(tmp_path / "out")


def test_a_header_that_promises_too_much_does_not_allocate_it(mnist_to_delta, mnist_copy, tmp_path):
    path = ImagesFile(mnist_copy)
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[4:8] = b"\xff\xff\xff\xff"
    path.write_bytes(gzip.compress(bytes(content)))
    outcome = mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", status=1)
    assert path.name in outcome.stderr
    assert outcome.seconds < 10


def test_images_of_another_element_type_are_rejected(mnist_to_delta, mnist_copy, tmp_path):
    path = ImagesFile(mnist_copy)
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[2] = 0x0D  # float
    path.write_bytes(gzip.compress(bytes(content)))
    assert path.name in mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", status=1).stderr


def test_a_missing_file_is_named(mnist_to_delta, mnist_copy, tmp_path):
    LabelsFile(mnist_copy, "t10k").unlink()
    outcome = mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", status=1)
    assert "t10k-labels-idx1-ubyte" in outcome.stderr


def test_the_error_is_one_object_with_json(mnist_to_delta, mnist_copy, tmp_path):
    ImagesFile(mnist_copy).write_bytes(b"no gzip")
    outcome = mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", "--json", status=1)
    assert ImagesFile(mnist_copy).name in json.dumps(outcome.json)


# --- targets ---------------------------------------------------------------------


def test_a_table_with_another_schema_is_left_alone(mnist_to_delta, mnist_small, tmp_path):
    table = tmp_path / TABLE
    table.parent.mkdir(parents=True)
    deltalake.write_deltalake(str(table), pa.table({"id": pa.array([1, 2], pa.int32()), "label": ["a", "b"]}))
    outcome = mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path, status=1)
    assert "schema" in outcome.stderr.lower()
    assert "image_binary" in outcome.stderr
    handle = deltalake.DeltaTable(str(table))
    assert handle.version() == 0
    assert handle.to_pyarrow_table().num_rows == 2


def test_a_file_in_the_place_of_the_folder_is_named(mnist_to_delta, mnist_small, tmp_path):
    (tmp_path / "out").write_text("a file")
    outcome = mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path / "out", status=1)
    assert str(tmp_path / "out") in outcome.stderr
    assert (tmp_path / "out").read_text() == "a file"


def WithoutOverride():
    """What makes even root obey permissions: a command in front."""
    if os.getuid() != 0:
        return ()
    drop = "-dac_override,-dac_read_search"
    return ("setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}")


def test_a_folder_without_permission_is_named(mnist_to_delta, mnist_small, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    outcome = mnist_to_delta(
        "--source", mnist_small.folder, "--out", closed / "out", status=1, prefix=WithoutOverride()
    )
    assert "permission" in outcome.stderr.lower()
    assert "closed" in outcome.stderr


def test_a_source_without_permission_is_named(mnist_to_delta, mnist_copy, tmp_path):
    ImagesFile(mnist_copy).chmod(0)
    outcome = mnist_to_delta("--source", mnist_copy, "--out", tmp_path / "out", status=1, prefix=WithoutOverride())
    assert "permission" in outcome.stderr.lower()
    assert ImagesFile(mnist_copy).name in outcome.stderr


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MB, or a skip where none may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("NO MOUNT: only root may mount a small disk; the test with a file-size limit still runs")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("tree", [True, False], ids=["tree", "no-tree"])
def test_a_full_disk_is_said_and_can_be_finished_later(mnist_to_delta, mnist_large, small_disk, tree):
    arguments = ["--source", mnist_large.folder, "--out", small_disk] + ([] if tree else ["--no-tree"])
    outcome = mnist_to_delta(*arguments, status=1)
    assert "space" in outcome.stderr.lower()
    AssertNothingCommitted(small_disk)
    subprocess.run(["mount", "-o", "remount,size=900m", str(small_disk)], check=True)
    mnist_to_delta(*arguments)
    assert DeltaCount(small_disk / TABLE) == len(mnist_large.labels)
    if tree:
        AssertWhole(small_disk, mnist_large)


def test_a_full_disk_leaves_earlier_commits_readable(mnist_to_delta, mnist_large, mnist_small, small_disk):
    mnist_to_delta("--source", mnist_small.folder, "--out", small_disk, "--no-tree")
    before = DeltaRows(small_disk / TABLE)
    mnist_to_delta("--source", mnist_large.folder, "--out", small_disk, "--no-tree", status=1)
    assert DeltaRows(small_disk / TABLE) == before


def test_a_file_size_limit_is_an_error_not_a_crash(mnist_to_delta, mnist_large, tmp_path):
    def Limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    command = [mnist_to_delta.binary, "--source", mnist_large.folder, "--out", tmp_path, "--no-tree"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, preexec_fn=Limit)
    assert done.returncode == 1, done.stderr
    assert "too large" in done.stderr.lower()
    AssertNothingCommitted(tmp_path)


# --- again, interrupted, at the same moment --------------------------------------


def test_a_second_run_adds_nothing(mnist_to_delta, mnist_small, tmp_path):
    for _ in range(3):
        mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path)
    AssertWhole(tmp_path, mnist_small)


def test_a_png_that_was_lost_comes_back(mnist_to_delta, mnist_small, tmp_path):
    mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path)
    files = PngFiles(tmp_path)
    files[0][1].unlink()
    files[1][1].write_bytes(files[1][1].read_bytes()[:20])
    mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path)
    AssertWhole(tmp_path, mnist_small)


def test_the_same_images_under_another_path_add_nothing(mnist_to_delta, mnist_small, mnist_copy, tmp_path):
    # What was appended is known by its contents, not by where it came from.
    out = tmp_path / "out"
    mnist_to_delta("--source", mnist_small.folder, "--out", out, "--no-tree")
    mnist_to_delta("--source", mnist_copy, "--out", out, "--no-tree")
    assert DeltaCount(out / TABLE) == len(mnist_small.labels)


def RunAndSend(mnist_to_delta, mnist, out, how, delay):
    process = mnist_to_delta.Start("--source", mnist.folder, "--out", out)
    time.sleep(delay)
    return Stop(process, how)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_an_interrupt_ends_it_in_order(mnist_to_delta, mnist_large, tmp_path, how):
    status, stderr = RunAndSend(mnist_to_delta, mnist_large, tmp_path, how, 0.3)
    assert status in (128 + how, 0), f"exit status {status}: {stderr}"
    if status != 0:
        assert stderr == "pixlake: interrupted; run the same command again to finish\n"
        AssertNothingCommitted(tmp_path)
    mnist_to_delta("--source", mnist_large.folder, "--out", tmp_path, timeout=300)
    AssertWhole(tmp_path, mnist_large)


def test_a_kill_loses_nothing_and_doubles_nothing(mnist_to_delta, mnist_large, tmp_path):
    for delay in (0.05, 0.2, 0.5, 0.9):
        RunAndSend(mnist_to_delta, mnist_large, tmp_path, signal.SIGKILL, delay)
        if any((tmp_path / TABLE / "_delta_log").glob("*.json")):
            assert DeltaCount(tmp_path / TABLE) in (0, len(mnist_large.labels))
    mnist_to_delta("--source", mnist_large.folder, "--out", tmp_path, timeout=300)
    AssertWhole(tmp_path, mnist_large)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(4))
def test_many_kills_at_random_moments(mnist_to_delta, mnist_large, tmp_path, seed):
    chance = random.Random(seed)
    duration = mnist_to_delta("--source", mnist_large.folder, "--out", tmp_path / "timed", timeout=300).seconds
    out = tmp_path / "killed"
    for _ in range(12):
        RunAndSend(mnist_to_delta, mnist_large, out, signal.SIGKILL, chance.uniform(0, duration * 1.1))
        if any((out / TABLE / "_delta_log").glob("*.json")):
            assert DeltaCount(out / TABLE) in (0, len(mnist_large.labels))
    mnist_to_delta("--source", mnist_large.folder, "--out", out, timeout=300)
    AssertWhole(out, mnist_large)


def test_two_runs_at_the_same_moment(mnist_to_delta, mnist_large, tmp_path):
    runs = [mnist_to_delta.Start("--source", mnist_large.folder, "--out", tmp_path) for _ in range(2)]
    ends = [(run.communicate(timeout=300)[1], run.returncode) for run in runs]
    assert any(status == 0 for _, status in ends), ends
    for stderr, status in ends:
        assert status in (0, 1)
        assert status == 0 or stderr.strip()
    AssertWhole(tmp_path, mnist_large)


@pytest.mark.full
def test_four_runs_of_different_sets_at_the_same_moment(mnist_to_delta, tmp_path):
    sets = [MakeMnist(tmp_path / f"set-{seed}", 3000, 500, seed) for seed in range(4)]
    out = tmp_path / "out"
    runs = [mnist_to_delta.Start("--source", mnist.folder, "--out", out, "--no-tree") for mnist in sets]
    ends = [(run.communicate(timeout=300)[1], run.returncode) for run in runs]
    finished = [mnist for mnist, (_, status) in zip(sets, ends) if status == 0]
    assert finished, ends
    for stderr, status in ends:
        assert status in (0, 1)
        assert status == 0 or TABLE in stderr
    # Who said it was done has its rows there, who failed has none.
    assert DeltaCount(out / TABLE) == sum(len(mnist.labels) for mnist in finished)
