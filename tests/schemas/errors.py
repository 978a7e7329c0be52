"""Reading what a schema refused."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError


def refusals(model: type[BaseModel], **given: Any) -> dict[str, str]:
    """Return the type of each error by the dotted place of the value it is about."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(given)
    return {".".join(map(str, error["loc"])): error["type"] for error in caught.value.errors()}


def reason(model: type[BaseModel], **given: Any) -> str:
    """Return the message of the one error."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(given)
    (error,) = caught.value.errors()
    return str(error["msg"])
