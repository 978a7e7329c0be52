"""Which version of the API this server speaks, and which a client may ask for (orchestration.md 0.8)."""

import re
from typing import Annotated

from fastapi import Header, HTTPException

API_VERSION = "0.8.4"
"""What ``GET /version`` answers."""

PREFECT_VERSION = "3.8.8"
"""The release whose clients and workers this API serves; they refuse another major version."""

OLDEST_API_VERSION = (0, 8, 0)
VERSION_TEXT = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")


async def check_api_version(
    x_prefect_api_version: Annotated[
        str | None, Header(description="The version the client speaks, as x.y.z; the newest when left out.")
    ] = None,
) -> None:
    """Answer 400 to a client that speaks a version this server does not."""
    if x_prefect_api_version is None:
        return
    match = VERSION_TEXT.fullmatch(x_prefect_api_version)
    if match is None:
        raise HTTPException(400, f"X-PREFECT-API-VERSION must look like {API_VERSION}.")
    if tuple(map(int, match.groups())) < OLDEST_API_VERSION:
        oldest = ".".join(map(str, OLDEST_API_VERSION))
        raise HTTPException(
            400, f"API version {x_prefect_api_version} is too old; this server speaks {oldest} and newer."
        )
