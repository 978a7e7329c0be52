"""``key=value`` on the command line."""

import pytest

from penstock.cli.errors import CommandFailed
from penstock.cli.parameters import parse_pairs


def test_a_value_is_json_or_text() -> None:
    pairs = ["a=1", "b=x y", 'c={"k": [1, null]}', "d=", "e=a=b", "f=true", 'g="1"']
    assert parse_pairs(pairs, "--param") == {
        "a": 1, "b": "x y", "c": {"k": [1, None]}, "d": "", "e": "a=b", "f": True, "g": "1",
    }  # fmt: skip


def test_the_last_one_counts() -> None:
    assert parse_pairs(["a=1", "a=2"], "--param") == {"a": 2}


@pytest.mark.parametrize("pair", ["a", "=1", " =1", ""])
def test_anything_else_is_refused(pair: str) -> None:
    with pytest.raises(CommandFailed, match="--param") as failure:
        parse_pairs([pair], "--param")
    assert failure.value.exit_code == 2
