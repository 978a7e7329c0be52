"""Lists of schemas, as requests and answers are made of them."""

from typing import TypeVar

from pydantic import ConfigDict, TypeAdapter

Item = TypeVar("Item")

_LATE = ConfigDict(defer_build=True)


def list_of(item: type[Item]) -> TypeAdapter[list[Item]]:
    """Return what reads and writes a list; like a ``LateModel`` it is made when the first one comes."""
    return TypeAdapter(list[item], config=_LATE)  # type: ignore[valid-type]
