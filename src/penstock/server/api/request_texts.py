"""Texts outside the body: no row can have a name with a NUL character, so none is looked for."""

from fastapi import HTTPException
from fastapi.requests import HTTPConnection

from penstock.server.api.errors import not_found

NUL = "\x00"


async def refuse_nul_characters(connection: HTTPConnection) -> None:
    """Answer 404 to a NUL in the path and 422 to one in the query, before any database sees it.

    PostgreSQL takes it for an error where SQLite finds nothing.
    """
    for value in connection.path_params.values():
        if isinstance(value, str) and NUL in value:
            not_found("Nothing has a name with NUL characters in it.")
    if b"%00" in connection.scope["query_string"]:
        raise HTTPException(422, detail="The query must not contain NUL characters.")
