"""An interpreter that ends delivers what waits; a forked process sends its own events, not its parent's."""

import subprocess
import sys
from collections import Counter

import pytest

from tests.sdk_python.collector import Collector
from tests.sdk_python.conftest import KEY

START = """
import os, sys, threading
from sillage_emitter import Emitter
emitter = Emitter(sys.argv[1], sys.argv[2], flush_s=3_600, exit_s=20)
"""
FORK = """
emitter.emit("parent before")
child = os.fork()
if child == 0:
    emitter.emit("child")
    {child_ends}
emitter.emit("parent after")
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""
HELD = """
holding, enough = threading.Event(), threading.Event()
def hold():
    with emitter._sender.outbox._due:
        holding.set()
        enough.wait()
emitter.emit("starts the thread")
threading.Thread(target=hold).start()
holding.wait()
child = os.fork()
if child == 0:
    emitter.emit("child")
    os._exit(0 if emitter.close(20) else 1)
enough.set()
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run(collector_url: str, program: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", "-c", START + program, collector_url, KEY]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_process_that_emits_and_ends_at_once_delivers_all(collector: Collector) -> None:
    done = run(collector.url, "for n in range(1_200): emitter.emit(f'n{n}')")
    assert (done.returncode, done.stderr) == (0, "")
    assert collector.names == [f"n{n}" for n in range(1_200)]


def test_so_does_one_that_ends_with_an_exception(collector: Collector) -> None:
    done = run(collector.url, "emitter.emit('last words'); raise SystemExit(3)")
    assert (done.returncode, done.stderr) == (3, "")
    assert collector.names == ["last words"]


def test_what_threads_emit_while_the_main_one_is_over_is_delivered(collector: Collector) -> None:
    program = """
def work():
    threading.main_thread().join()
    emitter.emit("from a thread")
threading.Thread(target=work).start()
"""
    done = run(collector.url, program)
    assert (done.returncode, done.stderr) == (0, "")
    assert collector.names == ["from a thread"]


def test_nobody_at_the_address_changes_no_exit_code() -> None:
    program = "Emitter(*sys.argv[1:], exit_s=0.2).emit('lost')"
    done = run("http://127.0.0.1:9", program)
    assert done.returncode == 0
    assert "1 could not be sent before the exit" in done.stderr


@pytest.mark.parametrize("child_ends", ["sys.exit(0)", "os._exit(0 if emitter.close(20) else 1)"])
def test_parent_and_child_each_send_their_own_events_once(collector: Collector, child_ends: str) -> None:
    done = run(collector.url, FORK.format(child_ends=child_ends))
    assert (done.returncode, done.stderr) == (0, "")
    assert Counter(collector.names) == Counter(["parent before", "parent after", "child"])


def test_a_fork_while_another_thread_holds_the_lock_leaves_the_child_free(collector: Collector) -> None:
    done = run(collector.url, HELD)
    assert (done.returncode, done.stderr) == (0, "")
    assert Counter(collector.names) == Counter(["starts the thread", "child"])


def test_a_child_of_a_closed_emitter_is_closed(collector: Collector) -> None:
    program = "emitter.close()\n" + FORK.format(child_ends="sys.exit(0)")
    assert run(collector.url, program).returncode == 0
    assert collector.names == []
