"""Values worked out on the server: kinds, templates, and the limits of what strangers may write."""

from typing import Any

import pytest

from penstock.schemas.hydration import HydrationError, find_variable_names, hydrate
from penstock.schemas.hydration.templates import LONGEST_RESULT, LONGEST_TEMPLATE, render


def tagged(kind: str | None, **fields: Any) -> dict[str, Any]:
    return {"__prefect_kind": kind, **fields}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": 1, "b": [None, "x"]}, {"a": 1, "b": [None, "x"]}),
        ({"a": tagged("none", value={"b": 1})}, {"a": {"b": 1}}),
        ({"a": tagged(None, value=2)}, {"a": 2}),
        ({"a": tagged("none"), "b": [tagged("none"), 1]}, {"b": [1]}),
        ({"a": tagged("json", value='{"x": [1, null]}')}, {"a": {"x": [1, None]}}),
        ({"a": tagged("jinja", template="{{ 2 + 3 }} {{ 'x'|upper }}")}, {"a": "5 X"}),
        ({"a": tagged("workspace_variable", variable_name="v")}, {"a": [7]}),
        ({"a": tagged("json", value=tagged("jinja", template="[{{ 1 }}]"))}, {"a": [1]}),
        ({"a": tagged("workspace_variable", variable_name=tagged("jinja", template="v"))}, {"a": [7]}),
    ],
)
def test_kinds(value: Any, expected: Any) -> None:
    assert hydrate(value, {"v": [7]}) == expected


@pytest.mark.parametrize(
    "value",
    [
        tagged("json"), tagged("json", value=3), tagged("json", value="{"), tagged("json", value="NaN"),
        tagged("json", value='"\\ud800"'), tagged("json", value="[" * 100_000), tagged("jinja"),
        tagged("jinja", template=3), tagged("jinja", template="{{"), tagged("workspace_variable"),
        tagged("workspace_variable", variable_name="w"), tagged("pickle", value=""), tagged(7),
    ],
)  # fmt: skip
def test_what_cannot_be_worked_out(value: Any) -> None:
    with pytest.raises(HydrationError):
        hydrate({"a": [value]}, {"v": 1})


def test_no_bottomless_values() -> None:
    value: Any = 1
    for _ in range(500):
        value = tagged("none", value=value)
    with pytest.raises(HydrationError, match="too deep"):
        hydrate(value, {})


def test_names_of_variables() -> None:
    value = {"a": [tagged("workspace_variable", variable_name="x"), {"variable_name": "no"}]}
    wrapped = tagged("none", value=tagged("workspace_variable", variable_name="y"))
    assert find_variable_names([value, wrapped]) == {"x", "y"}
    assert find_variable_names({"a": 1}) == set()


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{{ [3, 1, 2]|sort|join('-') }}", "1-2-3"),
        ("{% for n in range(3) %}{{ n }}{% endfor %}", "012"),
        ("{% if 1 < 2 and not false %}yes{% else %}no{% endif %}", "yes"),
        ("{{ 'a,b'.split(',')|last }}", "b"),
        ("{{ {'k': [1]}|tojson }}", '{"k": [1]}'),
        ("{{ name.upper() ~ '!' }}", "ADA!"),
        ("{{ 'a' ~ 1 ~ [1, 'x'] ~ none }}", "a1[1, 'x']None"),
        ("{% for n in 'abc' %}{{ loop.index }}{{ n }}{{ ', ' if not loop.last }}{% endfor %}", "1a, 2b, 3c"),
        ("{% for k, v in {'a': 1}.items() if v > 0 %}{{ k }}={{ v }}{% else %}none{% endfor %}", "a=1"),
        ("{{ [{'n': 1}, {'n': 2}]|join('+', attribute='n') }} {{ 'abca'|unique|join }}", "1+2 abc"),
        ("{{ 'abc'[::-1] }} {{ 'b' in 'abc' }} {{ 3 is odd }} {{ missing|default('x') }}", "cba True True x"),
        ("{{ 7 // 2 }} {{ 7 % 2 }} {{ 6 * 7 }}", "3 1 42"),
    ],
)
def test_templates(template: str, text: str) -> None:
    assert render(template, {"name": "Ada"}) == text


@pytest.mark.parametrize(
    "template",
    [
        "{{ missing }}",
        "{{ 1 / 0 }}",
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ 'x' * 100000000 }}",
        "{{ [0] * 100000000 }}",
        "{{ 2 ** 1000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 'x'.center(1000000000) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ 'x'|center(1000000000) }}",
        "{{ range(1000000000)|list }}",
        "{% set x = 'x' %}{{ x }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'x' %}",
        "{{ cycler }}",
        "{{ lipsum() }}",
        "{{ range.__init__ }}",
        "{{ 'abc'.replace('a', 'b') }}",
        "{% for a in [1] %}{% for b in [1] %}{% for c in [1] %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in range(100) %}{% for b in range(100) %}0123456789ab{% endfor %}{% endfor %}",
        "x" * (LONGEST_TEMPLATE + 1),
        "{{ 1 }}" + "{% for a in [1] %}{% endfor %}" * 11,
        "{{ 999999999999 * 2 }}",
        "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{{" + "(" * 3000,
        "{{ 1" + "+1" * 3000 + " }}",
        "{{ 'a'|attr('x') }}",
    ],
)
@pytest.mark.timeout(10)
def test_templates_that_are_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        render(template)


TEXT, ZEROS, NAMES = "a" * 2_000, "[" + "0," * 1_200 + "]", ",a" * 800


def in_loops(first: str, second: str, body: str) -> str:
    return f"{{% for a in {first} %}}{{% for b in {second} %}}{body}{{% endfor %}}{{% endfor %}}"


@pytest.mark.parametrize(
    "template",
    [
        "{{ '\"'" + "|tojson" * 60 + "|length }}",
        f"{{{{ '{TEXT}'|list|join('{TEXT}')|list|join('{TEXT}')|length }}}}",
        in_loops(ZEROS, ZEROS, f"{{% if '{TEXT}'|list|sort|length > 5000 %}}x{{% endif %}}"),
        in_loops(ZEROS, ZEROS, ""),
        in_loops(f"['{TEXT}']", f"[a{'~a' * 800}]", f"{{{{ (b{'~b' * 800})|length }}}}"),
        in_loops(f"['{TEXT}']", f"[a{'+a' * 80}]", f"{{{{ (b{'+b' * 80})|length }}}}"),
        in_loops(f"[['{TEXT}'{NAMES}]]", f"[[a{NAMES}]]", f"{{{{ [b{NAMES}]|string|length }}}}"),
        in_loops(f"[['{TEXT}'{NAMES}]]", f"[[a{NAMES}]]", f"{{{{ [b{NAMES}] }}}}"),
        in_loops(f"['{TEXT}'|list]", f"[[a{NAMES}]]", f"{{{{ [b{NAMES}] == [b{NAMES}] }}}}"),
        in_loops(f"['{TEXT * 2}']", ZEROS, "{{ a[::-1]|length }}"),
        in_loops(f"['{TEXT * 2}']", ZEROS, "{{ a.split('b')|length }}"),
        in_loops(f"['{TEXT * 2}']", ZEROS, "{{ 1 if 'b' in a }}"),
        in_loops(f"['{TEXT * 2}']", ZEROS, "{{ 1 if a is in [] }}"),
    ],
)
@pytest.mark.timeout(10)
def test_templates_that_ask_for_too_much_work(template: str) -> None:
    assert len(template) <= LONGEST_TEMPLATE
    with pytest.raises(ValueError, match="too much work"):
        render(template)


@pytest.mark.timeout(20)
def test_all_templates_of_a_value_have_an_end_together() -> None:
    template = tagged("jinja", template="{{ 'x' }}" * 800)
    assert hydrate([template] * 10, {}) == ["x" * 800] * 10
    with pytest.raises(HydrationError, match="too much work"):
        hydrate([template] * 1_000, {})


def test_the_longest_text() -> None:
    line = "0" * 100
    template = "{% for a in range(100) %}{% for b in range(10) %}" + line + "{% endfor %}{% endfor %}"
    assert len(render(template)) == LONGEST_RESULT
