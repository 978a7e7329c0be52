"""How an answer is written: straight from the schema to bytes."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from pydantic import BaseModel, TypeAdapter

from penstock.schemas.timestamps import to_wire


def json_answer(
    shape: TypeAdapter[Any], value: Any, *, status_code: int = 200, exclude: Any = None
) -> Response:
    """Return ``value`` as JSON without validating it again; what the database holds is always shown."""
    return Response(
        shape.dump_json(value, exclude=exclude), status_code=status_code, media_type="application/json"
    )


def values_answer(value: Any) -> Response:
    """Return values as JSON, as the schemas write them; models may be among them."""
    return json_text(orjson.dumps(value, default=_written, option=orjson.OPT_PASSTHROUGH_DATETIME))


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_wire(value)
    if isinstance(value, UUID):
        # asyncpg has its own kind of them
        return str(value)
    if isinstance(value, BaseModel):
        return orjson.Fragment(value.model_dump_json())
    raise TypeError(f"{type(value).__name__} is not told in answers.")


def json_text(text: bytes, *, status_code: int = 200) -> Response:
    """Return JSON that is written already."""
    return Response(text, status_code=status_code, media_type="application/json")


def no_content() -> Response:
    """Return the empty answer of updates and deletes."""
    return Response(status_code=204)
