"""The child side of an entrypoint, as a process and through the worker."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import penstock.worker
from penstock.worker.entrypoint import main, read_parameters

PROGRAM = [sys.executable, "-P", str(Path(penstock.worker.__file__).with_name("entrypoint.py"))]

MODULE = """
import asyncio
import logging
import sys

logging.getLogger("early").info("while loading")

def add(a: int, b: int = 2):
    print("sum", a + b)

async def later(word):
    await asyncio.sleep(0)
    print("later", word)

def wrapped(word):
    return later(word)

def chatty():
    logging.getLogger("shop").info("sold")
    logging.getLogger("shop").warning("low")

def broken():
    raise RuntimeError("deep inside")

def leaves():
    sys.exit(5)

class Jobs:
    @staticmethod
    def nested(**anything):
        print("nested", sorted(anything))

constant = 3
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "job.py").write_text(MODULE)
    (tmp_path / "flows" / "sibling.py").write_text("WORD = 'sibling'\n")
    (tmp_path / "root_module.py").write_text("WORD = 'root'\n")
    (tmp_path / "flows" / "imports.py").write_text(
        "import root_module, sibling\ndef main(): print(root_module.WORD, sibling.WORD)\n"
    )
    (tmp_path / "flows" / "typo.py").write_text("def main(:\n")
    return tmp_path


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The folder as current folder, and imports undone at the end."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return monkeypatch


def call(folder: Path, entrypoint: str, **parameters: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, entrypoint],
        cwd=folder,
        env={"PENSTOCK_PARAMETERS": json.dumps(parameters)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("entrypoint", "parameters", "out"),
    [
        ("flows/job.py:add", {"a": 1}, "sum 3\n"),
        ("flows/job.py:later", {"word": "x"}, "later x\n"),
        ("flows/job.py:wrapped", {"word": "y"}, "later y\n"),
        ("flows/job.py:Jobs.nested", {"q": 1}, "nested ['q']\n"),
        ("flows/imports.py:main", {}, "root sibling\n"),
    ],
)
def test_functions_are_called_with_the_parameters(folder, entrypoint, parameters, out):
    result = call(folder, entrypoint, **parameters)
    assert (result.returncode, result.stdout, result.stderr) == (0, out, "")


def test_plain_logging_goes_to_standard_error(folder):
    result = call(folder, "flows/job.py:chatty")
    assert result.returncode == 0
    assert result.stderr == "INFO shop: sold\nWARNING shop: low\n"


def test_an_exception_shows_the_users_own_frames_only(folder):
    result = call(folder, "flows/job.py:broken")
    assert result.returncode == 1
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert result.stderr.endswith("RuntimeError: deep inside\n")
    assert "entrypoint.py" not in result.stderr


def test_the_exit_code_of_the_function_counts(folder):
    assert call(folder, "flows/job.py:leaves").returncode == 5


@pytest.mark.parametrize(
    ("entrypoint", "parameters", "sentence"),
    [
        ("flows/job.py:add", {}, "do not fit add(a: int, b: int = 2): missing a required argument: 'a'"),
        ("flows/job.py:add", {"a": 1, "c": 2}, "got an unexpected keyword argument 'c'"),
        ("flows/job.py:absent", {}, "has no function 'absent'. It has: add, broken, chatty, later"),
        ("flows/job.py:constant", {}, "'constant' in"),
        ("flows/absent.py:main", {}, "The file 'flows/absent.py' does not exist in"),
        ("nothing", {}, "'nothing' does not have the form path/to/file.py:function."),
        ("flows/typo.py:main", {}, "SyntaxError"),
    ],
)
def test_what_cannot_be_called_is_said_in_a_sentence(here, capsys, entrypoint, parameters, sentence):
    here.setenv("PENSTOCK_PARAMETERS", json.dumps(parameters))
    assert main([entrypoint]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert "SyntaxError" in sentence or "Traceback" not in said


@pytest.mark.parametrize(
    ("entrypoint", "code"),
    [("flows/job.py:chatty", 0), ("flows/job.py:later", 0), ("flows/job.py:broken", 1)],
)
def test_calling_in_this_process(here, capsys, entrypoint, code):
    here.setenv("PENSTOCK_PARAMETERS", '{"word": "w"}' if "later" in entrypoint else "{}")
    assert main([entrypoint]) == code
    assert ("RuntimeError: deep inside" in capsys.readouterr().err) is bool(code)


def test_parameters_are_not_waited_for_at_a_terminal(here):
    here.setattr("sys.stdin", None)
    assert read_parameters() == {}


@pytest.mark.parametrize(("text", "sentence"), [("{", "not JSON"), ("[1]", "one JSON object")])
def test_parameters_come_from_standard_input_where_the_variable_is_missing(folder, text, sentence):
    command = [*PROGRAM, "flows/job.py:add"]
    good = subprocess.run(command, cwd=folder, input=b'{"a": 5}', env={}, capture_output=True, check=True)
    assert good.stdout == b"sum 7\n"
    bad = subprocess.run(command, cwd=folder, input=text.encode(), env={}, capture_output=True, check=False)
    assert bad.returncode == 1
    assert sentence in bad.stderr.decode()


def test_it_is_a_module_too(folder):
    command = [sys.executable, "-m", "penstock.worker.entrypoint"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (1, "Give one entrypoint, as path/to/file.py:function.\n")


async def test_the_worker_calls_it(server, start_worker, folder):
    fine = server.add_run(entrypoint="flows/job.py:add", path=str(folder), parameters={"a": 40})
    wrong = server.add_run(entrypoint="flows/job.py:add", path=str(folder))
    chosen = server.add_run(
        job_variables={"entrypoint": "flows/job.py:chatty"},
        entrypoint="flows/job.py:broken",
        path=str(folder),
    )
    start_worker()
    await server.until_ended(fine, wrong, chosen)
    assert server.lines(fine) == ["sum 42"]
    assert server.states(wrong)[-1] == "FAILED"
    assert "The parameters do not fit add" in server.last(wrong).message
    assert [(line.message, line.level) for line in server.logs if line.flow_run_id == chosen] == [
        ("INFO shop: sold", 20),
        ("WARNING shop: low", 30),
    ]
