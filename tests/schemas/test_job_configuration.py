from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.schemas.job_templates import (
    default_base_job_template,
    overlay_job_variables,
    resolve_job_configuration,
)

json_values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())


@given(json_values)
def test_a_lone_placeholder_becomes_the_value_with_its_type(value: Any) -> None:
    assert resolve_job_configuration({"job_configuration": {"a": "{{ x }}"}}, {"x": value}) == {"a": value}


@pytest.mark.parametrize(
    ("configuration", "variables", "expected"),
    [
        ({"a": "{{ x }}", "b": 1}, {}, {"b": 1}),
        ({"a": {"b": "{{ x }}", "c": "{{ y }}"}}, {"y": 2}, {"a": {"c": 2}}),
        ({"a": ["{{ x }}", "{{ y }}"]}, {"y": 2}, {"a": [2]}),
        ({"a": "run {{ x }} now"}, {"x": "it"}, {"a": "run it now"}),
        ({"a": "{{ x }}-{{ y }}"}, {"x": 1, "y": True}, {"a": "1-true"}),
        ({"a": "x={{ x }}"}, {}, {"a": "x="}),
        ({"a": "x={{ x }}"}, {"x": None}, {"a": "x="}),
        ({"a": "x={{ x }}"}, {"x": {"k": "ü"}}, {"a": 'x={"k": "ü"}'}),
        ({"a": "{{ x }}"}, {"x": "{{ secret }}", "secret": "s"}, {"a": "{{ secret }}"}),
        ({"a": None, "b": False, "c": 1.5}, {}, {"a": None, "b": False, "c": 1.5}),
    ],
)
def test_substitution(configuration: Any, variables: dict[str, Any], expected: dict[str, Any]) -> None:
    assert resolve_job_configuration({"job_configuration": configuration}, variables) == expected


def test_a_template_without_a_configuration_gives_none() -> None:
    assert resolve_job_configuration({}, {"x": 1}) == {}


def test_the_process_template_from_defaults_to_job() -> None:
    template = default_base_job_template("process")
    variables = overlay_job_variables(template, {"env": {"A": "1"}}, {"command": "python run.py"})
    assert resolve_job_configuration(template, variables) == {
        "command": "python run.py",
        "entrypoint": None,
        "env": {"A": "1"},
        "labels": {},
        "name": None,
        "stream_output": True,
        "working_dir": None,
    }
