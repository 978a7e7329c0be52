"""How an answer is written: straight from the schema to bytes."""

from typing import Any

from fastapi import Response
from pydantic import TypeAdapter


def json_answer(
    shape: TypeAdapter[Any], value: Any, *, status_code: int = 200, exclude: Any = None
) -> Response:
    """Return ``value`` as JSON without validating it again; what the database holds is always shown."""
    return Response(
        shape.dump_json(value, exclude=exclude), status_code=status_code, media_type="application/json"
    )


def json_text(text: bytes, *, status_code: int = 200) -> Response:
    """Return JSON that is written already."""
    return Response(text, status_code=status_code, media_type="application/json")


def no_content() -> Response:
    """Return the empty answer of updates and deletes."""
    return Response(status_code=204)
