"""No module imports itself by a detour."""

import ast
from collections.abc import Iterator
from pathlib import Path

import grimp

import penstock

SOURCES = Path(penstock.__file__).parent


def _late_imports() -> Iterator[tuple[str, str]]:
    """Find what modules name to be imported when it is needed: a text that is the name of a module."""
    for path in SOURCES.rglob("*.py"):
        importer = ".".join(("penstock", *path.relative_to(SOURCES).with_suffix("").parts))
        tree = ast.parse(path.read_text())
        if not any(isinstance(node, ast.alias) and node.name == "import_module" for node in ast.walk(tree)):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and str(node.value).startswith("penstock."):
                yield importer.removesuffix(".__init__"), node.value


def _cycles(graph: grimp.ImportGraph) -> Iterator[list[str]]:
    """Find groups of modules that import each other (Tarjan's strongly connected components)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    for root in sorted(graph.modules):
        work = [(root, iter(()))] if root not in order else []
        while work:
            module, imports = work.pop()
            if module not in order:
                order[module] = low[module] = len(order)
                stack.append(module)
                imports = iter(sorted(graph.find_modules_directly_imported_by(module)))
            for imported in imports:
                if imported not in order:
                    work += [(module, imports), (imported, iter(()))]
                    break
                if imported in stack:
                    low[module] = min(low[module], order[imported])
            else:
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[module])
                if low[module] == order[module]:
                    group = stack[stack.index(module) :]
                    del stack[stack.index(module) :]
                    if len(group) > 1:
                        yield group


def test_there_are_no_import_cycles() -> None:
    graph = grimp.build_graph("penstock", include_external_packages=False)
    late = list(_late_imports())
    assert ("penstock.server.database.interface", "penstock.server.database.migrations.upgrade") in late
    for importer, imported in late:
        if imported in graph.modules:
            graph.add_import(importer=importer, imported=imported)
    assert list(_cycles(graph)) == []


def test_the_search_finds_a_cycle() -> None:
    graph = grimp.ImportGraph()
    for module in ("a", "b", "c"):
        graph.add_module(module)
    for importer, imported in (("a", "b"), ("b", "c"), ("c", "a")):
        graph.add_import(importer=importer, imported=imported)
    assert list(_cycles(graph)) == [["a", "b", "c"]]
