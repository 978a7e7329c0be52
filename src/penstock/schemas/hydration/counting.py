"""What templates do, counted (ADR 0016).

Each operation of a template weighs what it is given before it looks at it: filters, tests, calls, sums,
slices, comparisons, and what is written. What is in a value twice is weighed twice, as it is looked at twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, TypeVar

from jinja2 import nodes
from jinja2.filters import do_join
from jinja2.visitor import NodeTransformer

from penstock.core.effort import spend

Value = TypeVar("Value")

# no template can name a filter with a space
WEIGHED, EACH, JOINED = "weighed ", "each ", "joined "


def weighed(value: Value) -> Value:
    """Return the value, after as many steps were counted as there are values and characters in it."""
    open_values: list[Any] = [value]
    while open_values:
        one = open_values.pop()
        if isinstance(one, str):
            spend(1 + len(one))
        elif isinstance(one, Mapping):
            spend(1 + len(one))
            open_values += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            spend(1 + len(one))
            open_values += one
        else:
            spend(1)
    return value


def counted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter or a test that weighs what it is given."""

    @wraps(function)
    def weighing(*given: Any, **named: Any) -> Any:
        weighed((given, named))
        return function(*given, **named)

    return weighing


@wraps(do_join)
def join(context: Any, value: Iterable[Any], separator: str = "", attribute: Any = None) -> str:
    """Join what a value holds; the separator counts as often as it is written."""
    items = weighed(list(weighed(value)))
    spend(len(items) * len(str(weighed(separator))))
    text: str = do_join(context, items, separator, attribute)
    return text


def _each(value: Iterable[Any]) -> Iterator[Any]:
    for one in value:
        spend(1)
        yield one


def _joined(values: list[Any]) -> str:
    return "".join(map(str, weighed(values)))


HIDDEN_FILTERS: Mapping[str, Callable[..., Any]] = {WEIGHED: weighed, EACH: _each, JOINED: _joined}
"""What ``make_counting`` puts into templates."""


def make_counting(template: nodes.Template) -> None:
    """Change a template so that it counts what no filter, test or operator of the environment sees."""
    _Counting().visit(template)


class _Counting(NodeTransformer):
    def visit(self, node: nodes.Node, *given: Any, **named: Any) -> nodes.Node:
        """Return what takes the place of a part of the template; its own parts come first."""
        self.generic_visit(node, *given, **named)
        match node:
            case nodes.For():
                node.iter = _filtered(node.iter, EACH)
            case nodes.Concat():
                return _filtered(nodes.List(node.nodes, lineno=node.lineno), JOINED)
            case nodes.Compare():
                node.expr = _filtered(node.expr, WEIGHED)
            case nodes.Operand():
                node.expr = _filtered(node.expr, WEIGHED)
            case nodes.Getitem(arg=nodes.Slice()):
                node.node = _filtered(node.node, WEIGHED)
        return node


def _filtered(value: Any, name: str) -> nodes.Filter:
    return nodes.Filter(value, name, [], [], None, None, lineno=value.lineno)
