"""Output of every kind, and much of it."""

import sys

import pytest

from penstock.worker.levels import DEBUG, ERROR, INFO, WARNING, level_of_error_output
from penstock.worker.output import LONGEST_LINE, LineSplitter


def lines_of(*chunks: bytes) -> list[str]:
    splitter = LineSplitter()
    return [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.feed(b"", final=True)


def test_lines_may_be_cut_anywhere():
    text = "één\r\nzwei 🎡\n\ndrei".encode()
    for cut in range(len(text)):
        assert lines_of(text[:cut], text[cut:]) == ["één", "zwei 🎡", "", "drei"]


def test_an_unfinished_last_line_is_a_line():
    assert lines_of(b"no end") == ["no end"]
    assert lines_of(b"end\n") == ["end"]
    assert lines_of() == []


def test_bytes_that_are_no_text():
    assert lines_of(b"a\xff\xfeb\x00c\n", b"\xe2\x82") == ["a\ufffd\ufffdbc", "\ufffd"]


def test_a_line_without_end_is_cut():
    lines = lines_of(b"x" * (2 * LONGEST_LINE + 5))
    assert [len(line) for line in lines] == [LONGEST_LINE, LONGEST_LINE, 5]
    assert len(lines_of(b"x" * (LONGEST_LINE + 1) + b"\n")) == 2


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("Traceback (most recent call last):", ERROR),
        ("curl: (7) failed", ERROR),
        ("INFO:root:hello", INFO),
        ("[DEBUG] x", DEBUG),
        ("warning: deprecated", WARNING),
        ("2026-11-24T11:00:00.123Z | Warn | x", WARNING),
        ("Information about errors", ERROR),
        ("", ERROR),
    ],
)
def test_the_level_of_error_output(line, level):
    assert level_of_error_output(line) == level


async def test_a_hundred_thousand_lines_arrive_whole_and_in_order(server, start_worker):
    run_id = server.add_run("seq 1 100000")
    start_worker()
    await server.until(lambda: len(server.logs) == 100_000, timeout_seconds=100)
    await server.until_ended(run_id)
    assert server.states(run_id)[-1] == "COMPLETED"
    assert server.lines(run_id) == [str(number) for number in range(1, 100_001)]
    assert server.calls["_create_logs"] <= 400


async def test_two_loud_streams_do_not_block_each_other(server, start_worker):
    run_id = server.add_run("seq 1 20000 & seq 20001 40000 >&2; wait")
    start_worker()
    await server.until_ended(run_id)
    assert sorted(map(int, server.lines(run_id))) == list(range(1, 40_001))


async def test_binary_output(server, start_worker):
    run_id = server.add_run("head -c 300000 /dev/urandom; exit 7")
    start_worker()
    await server.until_ended(run_id)
    assert server.last(run_id).message.startswith("exit code 7\n")


async def test_a_quick_run_is_not_held_up_by_the_output_of_a_loud_one(server, start_worker):
    loud = server.add_run("yes | head -n 200000")
    quick = server.add_run("echo quick")
    start_worker()
    await server.until_ended(quick)
    assert server.states(loud)[-1] == "RUNNING"


async def test_python_output_is_not_buffered(server, start_worker, tmp_path):
    gate = tmp_path / "gate"
    code = f"import os,time; print('here')\nwhile not os.path.exists('{gate}'): time.sleep(0.02)"
    run_id = server.add_run(f'{sys.executable} -c "{code}"')
    start_worker()
    await server.until(lambda: server.lines(run_id) == ["here"])
    gate.touch()
    await server.until_ended(run_id)
