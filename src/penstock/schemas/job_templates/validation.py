"""The rules every base job template obeys when it is written."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from penstock.core.errors import Fault
from penstock.schemas.job_templates.placeholders import find_placeholders

MOST_FAULTS = 20


def check_base_job_template(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template, or raise ValidationError naming what is wrong and where. An empty one is fine."""
    if not template:
        return template
    if not template.get("job_configuration") or not template.get("variables"):
        message = "A base job template needs both 'job_configuration' and 'variables', neither of them empty."
        raise _refused([Fault((), message)])
    configuration = _object_at(template, "job_configuration")
    variables = _object_at(template, "variables")
    declared = _object_at(template, "variables", "properties") if "properties" in variables else {}
    if faults := list(islice(_undeclared(configuration, declared), MOST_FAULTS)):
        raise _refused(faults)
    return template


def _object_at(template: Any, *path: str) -> dict[str, Any]:
    value = template
    for key in path:
        value = value[key]
    if isinstance(value, dict):
        return value
    raise _refused([Fault(path, f"'{'.'.join(path)}' of a base job template must be an object.")])


def _undeclared(configuration: dict[str, Any], declared: dict[str, Any]) -> Iterator[Fault]:
    """Yield a fault for each text, or key, that uses variables nobody declares."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [
        (("job_configuration", key), value) for key, value in reversed(configuration.items())
    ]
    while waiting:
        path, value = waiting.pop()
        texts: list[Any] = [value] if isinstance(value, str) else []
        if isinstance(value, dict):
            texts = list(value)
            waiting.extend(((*path, key), item) for key, item in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend(((*path, index), item) for index, item in reversed(list(enumerate(value))))
        if unknown := sorted(find_placeholders(texts) - declared.keys()):
            names = ", ".join(unknown)
            yield Fault(path, f"This uses variables that 'variables.properties' does not declare: {names}.")


def _refused(faults: Sequence[Fault]) -> ValidationError:
    return ValidationError.from_exception_data(
        "base_job_template",
        [
            InitErrorDetails(
                type="value_error", loc=one.path, input=None, ctx={"error": ValueError(one.message)}
            )
            for one in faults
        ],
    )
