"""Jinja templates written by users: expressions and small loops, nothing that grows without bound.

The sandbox keeps templates from the objects behind their values. What it does not limit is
work and memory; so only the syntax, the filters and the calls named here are allowed, and what they do
is counted.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.filters import FILTERS as ALL_FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

from penstock.core.effort import limited_effort, spend
from penstock.schemas.hydration.counting import HIDDEN_FILTERS, counted, join, make_counting, weighed

LONGEST_TEMPLATE = 8_192
LONGEST_RESULT = 100_000
DEEPEST_LOOPS = 2
MOST_LOOPS = 10
LONGEST_RANGE = 100
LARGEST_FACTOR = 1_000_000_000

SYNTAX = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.NSRef,
    nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand,
    nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.If, nodes.For, nodes.List, nodes.Tuple,
    nodes.Dict, nodes.Pair, nodes.Keyword, nodes.Call, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div,
    nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos, nodes.Concat,
)  # fmt: skip
FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items", "join",
    "last", "length", "list", "lower", "max", "min", "reverse", "round", "sort", "string", "sum", "title",
    "trim", "truncate", "unique", "upper", "urlencode",
)  # fmt: skip
METHODS = frozenset(
    {"date", "endswith", "get", "isoformat", "items", "keys", "lower", "lstrip", "rstrip", "split",
     "startswith", "strip", "time", "timestamp", "title", "upper", "values"}
)  # fmt: skip


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "%", "+"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Multiply and divide numbers only; texts and lists would grow."""
        if operator == "+":
            return super().call_binop(context, operator, weighed(left), weighed(right))
        if not (_is_number(left) and _is_number(right)):
            raise TemplateError(f"'{operator}' is for numbers only.")
        if operator == "*" and max(abs(left), abs(right)) > LARGEST_FACTOR:
            raise TemplateError(f"A factor may be at most {LARGEST_FACTOR}.")
        return super().call_binop(context, operator, left, right)

    def is_safe_callable(self, obj: Any) -> bool:
        """Allow ``range`` and a few methods of texts, times and objects."""
        return obj is short_range or getattr(obj, "__name__", None) in METHODS

    def call(self, context: Any, obj: Any, *args: Any, **named: Any) -> Any:
        """Call what may be called, and count what it looks at."""
        weighed((getattr(obj, "__self__", None), args, named))
        return super().call(context, obj, *args, **named)


def short_range(*bounds: int) -> range:
    """Return a range of at most 100 numbers."""
    numbers = range(*bounds)
    if len(numbers) > LONGEST_RANGE:
        raise TemplateError(f"A range may have at most {LONGEST_RANGE} numbers.")
    return numbers


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _environment() -> _Environment:
    environment = _Environment(
        undefined=StrictUndefined, autoescape=False, cache_size=0, optimized=False, finalize=weighed
    )
    filters: dict[str, Callable[..., Any]] = {name: ALL_FILTERS[name] for name in FILTERS}
    filters["tojson"] = _to_json
    filters = {name: counted(one) for name, one in filters.items()}
    environment.filters = {**filters, "join": join, **HIDDEN_FILTERS}
    tests: dict[str, Any] = {**TESTS}
    environment.tests = {name: counted(one) for name, one in tests.items()}
    environment.globals = {"range": short_range}
    return environment


ENVIRONMENT = _environment()


def check_template(template: str) -> nodes.Template:
    """Return the template, parsed, or raise ValueError saying what is wrong with it."""
    if len(template) > LONGEST_TEMPLATE:
        raise ValueError(f"a template may have at most {LONGEST_TEMPLATE} characters")
    try:
        tree = ENVIRONMENT.parse(template)
    except (TemplateError, RecursionError, ValueError) as error:
        raise ValueError(_reason(error)) from None
    for node in tree.find_all(nodes.Node):
        allowed = isinstance(node, SYNTAX)
        if not allowed:
            raise ValueError(f"'{type(node).__name__}' is not allowed in a template")
    if sum(1 for _ in tree.find_all(nodes.For)) > MOST_LOOPS or _depth(tree) > DEEPEST_LOOPS:
        raise ValueError(f"a template may have {MOST_LOOPS} loops, at most {DEEPEST_LOOPS} in each other")
    return tree


def render(template: str, context: Mapping[str, Any] | None = None) -> str:
    """Return the rendered text; raises ValueError saying what is wrong."""
    try:
        with limited_effort():
            return _rendered(template, context or {})
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(_reason(error)) from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _rendered(template: str, context: Mapping[str, Any]) -> str:
    # to read and to compile it takes longer than most of what it can do
    spend(len(template))
    tree = check_template(template)
    make_counting(tree)
    compiled = ENVIRONMENT.from_string(tree)
    parts: list[str] = []
    length = 0
    for part in compiled.generate(dict(context)):
        parts.append(part)
        length += len(part)
        if length > LONGEST_RESULT:
            raise ValueError(f"the text would be longer than {LONGEST_RESULT} characters")
    return "".join(parts)


def _depth(node: nodes.Node) -> int:
    below = max((_depth(child) for child in node.iter_child_nodes()), default=0)
    return below + isinstance(node, nodes.For)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _reason(error: BaseException) -> str:
    return (str(error) or type(error).__name__).rstrip(".")
