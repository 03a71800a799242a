"""Signals, progress, panics, threads and memory."""

from __future__ import annotations

import gc
import importlib.machinery
import importlib.util
import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openness
import pytest
from conftest import EXAMPLES, manifest


PARTS = 8


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, openness.Trust]:
    """A release whose verification takes about a second in one thread: sparse files, which take no space."""
    directory = tmp_path_factory.mktemp("large")
    key = directory / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    trust = openness.Trust.from_keys([Path(f"{key}.pub")])
    size = 1 << 20
    while True:
        release = manifest(directory / f"release-{size}")
        for number in range(PARTS):
            with (release / f"part-{number}.safetensors").open("wb") as file:
                file.truncate(size)
        openness.sign(release, key=key)
        start = time.monotonic()
        assert openness.verify(release, trust=trust, threads=1).verified
        if time.monotonic() - start > 0.6 or size >= 1 << 30:
            return release, trust
        size *= 4


def test_a_signal_stops_the_work(large: tuple[Path, openness.Trust]) -> None:
    release, trust = large
    start = time.monotonic()
    openness.verify(release, trust=trust, threads=1)
    whole = time.monotonic() - start

    def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(min(0.1, whole / 4), interrupt)
    start = time.monotonic()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        openness.verify(release, trust=trust, threads=1)
        pytest.fail("the work went on to its end")
    stopped = time.monotonic() - start
    assert stopped < max(whole * 0.8, 0.3), (stopped, whole)
    # The next call is not affected.
    assert openness.verify(release, trust=trust).verified


def test_a_signal_leaves_no_copy(large: tuple[Path, openness.Trust], tmp_path: Path) -> None:
    release, trust = large
    timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        openness.export(release, tmp_path / "copy", trust=trust)
        pytest.fail("the work went on to its end")
    assert not (tmp_path / "copy").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".openness-")] == []


def test_progress_is_reported_in_the_thread_of_the_caller(large: tuple[Path, openness.Trust]) -> None:
    release, trust = large
    calls: list[tuple[int, int]] = []
    report = openness.verify(release, trust=trust, progress=lambda done: calls.append((done, threading.get_ident())))
    assert report.verified
    done = [bytes for bytes, _ in calls]
    assert done == sorted(done) and done[-1] >= sum(file.stat().st_size for file in release.glob("part-*"))
    assert {thread for _, thread in calls} == {threading.get_ident()}


def test_an_exception_of_the_progress_function_stops_the_work(large: tuple[Path, openness.Trust]) -> None:
    release, trust = large

    def fail(done: int) -> None:
        raise ZeroDivisionError("as the test demands")

    with pytest.raises(ZeroDivisionError, match="as the test demands"):
        openness.verify(release, trust=trust, progress=fail)
    assert openness.verify(release, trust=trust).verified


def test_other_threads_run_meanwhile(large: tuple[Path, openness.Trust]) -> None:
    release, trust = large
    turns = 0
    is_over = threading.Event()

    def count() -> None:
        nonlocal turns
        while not is_over.is_set():
            turns += 1
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    openness.verify(release, trust=trust, threads=1)
    is_over.set()
    counter.join()
    assert turns > 10


def test_eight_threads_agree(tmp_path: Path, trust: openness.Trust) -> None:
    expected = openness.verify(EXAMPLES / "tiny-lm", trust=trust)
    refused = openness.verify(EXAMPLES / "tiny-lm", trust=openness.Trust.none())

    def work(number: int) -> bool:
        of = trust if number % 2 else openness.Trust.none()
        report = openness.verify(EXAMPLES / "tiny-lm", trust=of, threads=1)
        copied = openness.export(EXAMPLES / "tiny-lm", tmp_path / str(number), trust=trust)
        assert openness.check(copied).errors == 0
        return report == (expected if number % 2 else refused)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))


def test_the_module_needs_no_lock() -> None:
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        pytest.skip("SKIPPED: this interpreter always has its lock; a free-threaded one would show that the module leaves it off")
    assert not sys._is_gil_enabled()  # type: ignore[attr-defined]


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="SKIPPED: needs /proc")
def test_a_thousand_verifications_do_not_grow(tmp_path: Path, key: Path) -> None:
    release = manifest(tmp_path / "release")
    openness.sign(release, key=key)
    trust = openness.Trust.from_keys([Path(f"{key}.pub")])
    broken = manifest(tmp_path / "broken")
    sizes = []
    for number in range(1100):
        report = openness.verify(release, trust=trust, threads=1)
        assert report.verified
        with pytest.raises(openness.NotVerified):
            openness.verify(broken, trust=trust, threads=1).raise_unless_verified()
        if number in (100, 1099):
            gc.collect()
            sizes.append(resident())
    growth = sizes[1] - sizes[0]
    # Some systems give memory in pages of 2 MiB. What is kept of each verification would be far above three of them.
    assert growth < 6 << 20, f"{growth} bytes in 1,000 verifications of two releases"


def panicking_module() -> Path:
    module = os.environ.get("OPENNESS_PANIC_MODULE")
    if module is None:
        pytest.skip("SKIPPED: OPENNESS_PANIC_MODULE does not name an extension built with the feature `panic-test`")
    return Path(module)


def test_a_panic_is_an_exception_and_the_interpreter_lives() -> None:
    file = str(panicking_module())
    loader = importlib.machinery.ExtensionFileLoader("_openness", file)
    spec = importlib.util.spec_from_file_location("_openness", file, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    for _ in range(3):
        with pytest.raises(openness.InternalError, match="bug in openness.*as the test demands"):
            module.panic_for_test()
    assert isinstance(openness.InternalError("x"), Exception), "caught by `except Exception`, as of a worker"
    # The module works on after a panic.
    assert '"findings"' in module.check(str(EXAMPLES / "tiny-lm"))


def test_a_fork_can_verify(trust: openness.Trust) -> None:
    code = """
import multiprocessing, sys, openness
from pathlib import Path
def work(arguments):
    path, trust = arguments
    return openness.verify(path, trust=trust)
if __name__ == "__main__":
    path = Path(sys.argv[1])
    trust = openness.Trust.from_allowed_signers(Path(sys.argv[2]))
    here = openness.verify(path, trust=trust)
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert pool.map(work, [(path, trust)] * 4) == [here] * 4
    print("same")
"""
    script = Path(os.environ["HOME"]) / "script.py"
    script.write_text(code)
    arguments = [sys.executable, script, EXAMPLES / "tiny-lm", EXAMPLES / "keys/allowed_signers"]
    ran = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120)
    assert ran.stdout == "same\n", ran.stderr
