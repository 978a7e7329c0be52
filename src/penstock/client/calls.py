"""What every group of calls shares."""

from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter

from penstock.client.http import Http

NUMBER: TypeAdapter[int] = TypeAdapter(int)


class Calls:
    """A group of calls over one connection; ``PenstockClient`` is made of such groups."""

    def __init__(self, http: Http) -> None:
        self._http = http


def segment(name: str) -> str:
    """Return a name as one segment of a URL's path."""
    return quote(name, safe="")


def page(
    limit: int | None, offset: int, *, sort: str | None = None, **filters: BaseModel | None
) -> dict[str, Any]:
    """Return the body of a listing: filters by their key on the wire, then sort and paging.

    What is ``None`` is left out, so that the server's own default holds.
    """
    body: dict[str, Any] = {key: value for key, value in filters.items() if value is not None}
    if sort is not None:
        body["sort"] = str(sort)
    if limit is not None:
        body["limit"] = limit
    if offset:
        body["offset"] = offset
    return body


def force_of(force: bool | None) -> dict[str, bool] | None:
    """Return the parameters of a delete that may be forced; what is not given is left to the server."""
    return None if force is None else {"force": force}
