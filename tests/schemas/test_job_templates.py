from typing import Any

import pytest

from penstock.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from penstock.schemas.job_templates import default_base_job_template, find_placeholders
from tests.schemas.errors import reason, refusals


def template(configuration: Any, *declared: str, **variables: Any) -> dict[str, Any]:
    properties = {name: {"type": "string"} for name in declared}
    return {"job_configuration": configuration, "variables": {"properties": properties, **variables}}


@pytest.mark.parametrize(
    "given",
    [
        {},
        template({"a": "{{ x }}"}, "x"),
        template({"a": "{{x}}", "b": "{{  x  }}"}, "x"),
        template({"a": "no placeholder"}, "x"),
        template({"a": {"b": ["{{ x }}", {"c": "{{ y }}"}]}}, "x", "y", "unused"),
        template({"a": "{{ $HOME }}"}, "$HOME"),
        template({"a": "{{ prefect.blocks.x.y }}"}, "prefect.blocks.x.y"),
        template({"a": "{{ x[0] }}"}, "x[0]"),
        template({"a": "{{ x y }}"}),
        template({"a": "{{ ключ }}"}, "ключ"),
        template({"a": "{{ x }}"}, "x", required=["x"]),
    ],
)
@pytest.mark.parametrize("model", [WorkPoolCreate, WorkPoolUpdate])
def test_good_templates(model: type, given: dict[str, Any]) -> None:
    name = {"name": "p"} if model is WorkPoolCreate else {}
    assert model.model_validate({**name, "base_job_template": given}).base_job_template == given


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"foo": "bar"}, "needs both"),
        ({"job_configuration": {"a": 1}}, "needs both"),
        ({"variables": {"properties": {}}}, "needs both"),
        ({"job_configuration": {}, "variables": {"properties": {}}}, "needs both"),
        ({"job_configuration": {"a": 1}, "variables": {}}, "needs both"),
        ({"job_configuration": [], "variables": {"a": 1}}, "needs both"),
        ({"job_configuration": ["a"], "variables": {"a": 1}}, "'job_configuration'"),
        ({"job_configuration": {"a": 1}, "variables": ["a"]}, "'variables'"),
        ({"job_configuration": {"a": 1}, "variables": {"properties": ["a"]}}, "'variables.properties'"),
        (template({"a": "{{ x }}"}), "does not declare: x."),
        (template({"a": "{{ z }} {{ x }} {{ y }}"}, "y"), "does not declare: x, z."),
        (template({"a": {"b": "{{ x }}"}}), "does not declare: x."),
        (template({"a": ["{{ x }}"]}), "does not declare: x."),
        (template({"a": {"{{ x }}": 1}}), "does not declare: x."),
        (template({"a": "{{ $HOME }}"}, "HOME"), "does not declare: $HOME."),
        (template({"a": "{{ prefect.variables.z }}"}, "z"), "does not declare: prefect.variables.z."),
    ],
)
@pytest.mark.parametrize("model", [WorkPoolCreate, WorkPoolUpdate])
def test_bad_templates_are_refused_with_the_reason(model: type, given: dict[str, Any], words: str) -> None:
    name = {"name": "p"} if model is WorkPoolCreate else {}
    assert words in reason(model, **name, base_job_template=given)


def test_each_fault_of_a_template_is_told_at_its_place() -> None:
    given = template({"a": "{{ z }}", "b": {"c": ["{{ y }}", "{{ x }}"]}, "{{ k }}": 1}, "y")
    assert refusals(WorkPoolCreate, name="p", base_job_template=given) == {
        "base_job_template.job_configuration.a": "value_error",
        "base_job_template.job_configuration.b.c.1": "value_error",
    }
    properties = {"job_configuration": {"a": 1}, "variables": {"properties": ["a"]}}
    assert refusals(WorkPoolUpdate, base_job_template=properties) == {
        "base_job_template.variables.properties": "value_error"
    }


def test_placeholders_are_found_at_any_depth() -> None:
    assert find_placeholders({"a": ["{{ x }}{{y}}", {"{{ z }}": None}], "b": "{ { n } }"}) == {"x", "y", "z"}


def test_the_process_template_is_a_good_one() -> None:
    given = default_base_job_template("process")
    assert WorkPoolCreate(name="p", base_job_template=given).base_job_template == given
    assert set(given["job_configuration"]) == {
        "command",
        "entrypoint",
        "env",
        "labels",
        "name",
        "stream_output",
        "working_dir",
    }
    for variable in given["variables"]["properties"].values():
        assert {"title", "description", "default"} <= variable.keys()


def test_each_caller_gets_its_own_template() -> None:
    default_base_job_template("process")["variables"].clear()
    assert default_base_job_template("process")["variables"]


def test_unknown_types_have_no_template() -> None:
    assert default_base_job_template("kubernetes") == {}
