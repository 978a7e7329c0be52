"""``limit``, ``offset`` and ``page`` in request bodies (workers.md 2.7, orchestration.md 0.9)."""

from typing import Annotated

from fastapi import Body, Depends, HTTPException, Request
from pydantic import Field

from penstock.schemas.values import LARGEST_INTEGER


def check_limit(limit: int | None, maximum: int) -> int:
    """Return the limit to use; null means the maximum, and what is out of range is answered 422."""
    if limit is None:
        return maximum
    if limit < 0:
        raise HTTPException(422, detail="Invalid limit: must be greater than or equal to 0.")
    if limit > maximum:
        raise HTTPException(422, detail=f"Invalid limit: must be less than or equal to {maximum}.")
    return limit


async def _limit_from_body(
    request: Request,
    limit: Annotated[
        int | None, Body(description="Most rows to return; as many as the server allows when left out.")
    ] = None,
) -> int:
    return check_limit(limit, request.app.state.api_default_limit)


async def _offset_from_body(
    offset: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST_INTEGER)] | None,
        Body(description="How many rows to leave out first."),
    ] = 0,
) -> int:
    return offset or 0


async def _page_from_body(
    page: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST_INTEGER)] | None, Body(description="Which page, from 1.")
    ] = 1,
) -> int:
    return page or 1


BulkLimit = Annotated[
    int, Body(alias="limit", ge=1, le=50, description="At most so many are changed by one request.")
]
"""The body's ``limit`` of routes that change many things at once."""

Limit = Annotated[int, Depends(_limit_from_body)]
"""The body's ``limit``, or the server's default."""

Offset = Annotated[int, Depends(_offset_from_body)]
"""The body's ``offset``, or 0."""

Page = Annotated[int, Depends(_page_from_body)]
"""The body's ``page``, or 1."""
