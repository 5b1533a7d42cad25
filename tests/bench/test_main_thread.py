"""What is read from a trace of Chromium."""

from typing import Any

from bench.main_thread import Spent, read

PAGE = {"pid": 1, "tid": 2}


def _task(at: int, took: int, thread: dict[str, int] = PAGE) -> dict[str, Any]:
    return {"name": "RunTask", "ts": at, "dur": took, "tdur": took, **thread}


def test_a_task_that_the_traces_end_cuts_off_is_left_out() -> None:
    cut = {"name": "RunTask", "ts": 9_000, "dur": 500, **PAGE}
    spent = Spent()
    read([{"name": "here", "ts": 0, **PAGE}, _task(1_000, 2_000), cut], spent)
    assert spent.tasks == [2.0]


def test_a_task_in_which_the_page_left_its_mark_is_a_call_and_another_threads_is_not() -> None:
    marks = [{"name": name, "ts": at, **PAGE} for name, at in (("here", 0), ("call", 1_500))]
    spent = Spent()
    read([*marks, _task(1_000, 2_000), _task(4_000, 3_000), _task(1_400, 900, {"pid": 1, "tid": 9})], spent)
    assert (spent.calls, spent.tasks) == ([2.0], [3.0, 2.0])
