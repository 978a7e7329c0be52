"""The rules every base job template obeys when it is written."""

from typing import Any

from penstock.schemas.job_templates.placeholders import find_placeholders


def check_base_job_template(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template, or raise ValueError naming what is wrong. An empty one is fine."""
    if not template:
        return template
    configuration, variables = template.get("job_configuration"), template.get("variables")
    if not configuration or not variables:
        raise ValueError(
            "A base job template needs both 'job_configuration' and 'variables', neither of them empty."
        )
    configuration = _as_object(configuration, "job_configuration")
    declared = _as_object(_as_object(variables, "variables").get("properties", {}), "variables.properties")
    used = set().union(*(find_placeholders(value) for value in configuration.values()))
    if undeclared := sorted(used - declared.keys()):
        raise ValueError(
            "The job configuration uses variables that 'variables.properties' does not declare: "
            + ", ".join(undeclared)
            + "."
        )
    return template


def _as_object(value: Any, place: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError(f"'{place}' of a base job template must be an object.")
