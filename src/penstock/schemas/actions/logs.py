"""Writing log lines."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, model_validator

from penstock.schemas.foundations import ActionModel
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import LogLevel


def _make_storable(text: str) -> str:
    text = text.replace("\x00", "")
    return text if text.isascii() else text.encode(errors="replace").decode()


LogText = Annotated[str, AfterValidator(_make_storable)]


class LogCreate(ActionModel):
    """One line of a log. NUL characters are taken out, halves of surrogate pairs become ``?``.

    A ``worker_id`` is ignored.
    """

    name: LogText
    level: LogLevel
    message: LogText
    timestamp: Timestamp
    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None

    @model_validator(mode="before")
    @classmethod
    def _ignore_worker_id(cls, given: Any) -> Any:
        if isinstance(given, dict) and "worker_id" in given:
            return {key: value for key, value in given.items() if key != "worker_id"}
        return given
