"""The stages of a plan as a graph: who needs whom, in which order, and where a stage names what another made. Pure.

A stage names the version that another stage made as `${stage.NAME}`; naming it is needing it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aird.planning.errors import PlanRefused

REFERENCE = re.compile(r"\$\{stage\.([a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?)\}")
Graph = Mapping[str, Iterable[str]]
"""By stage, the stages that it needs."""


def reference(name: str) -> str:
    """How a plan writes the version that this stage made."""
    return f"${{stage.{name}}}"


def named_in(value: Any) -> set[str]:
    """The stages whose versions are named anywhere in a value."""
    if isinstance(value, str):
        return set(REFERENCE.findall(value))
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return {name for part in parts for name in named_in(part)}


def filled(value: Any, stand_for: Callable[[str], str]) -> Any:
    """The value with every `${stage.NAME}` replaced by what `stand_for(NAME)` gives."""
    if isinstance(value, str):
        return REFERENCE.sub(lambda found: stand_for(found[1]), value)
    if isinstance(value, Mapping):
        return {key: filled(part, stand_for) for key, part in value.items()}
    return [filled(part, stand_for) for part in value] if isinstance(value, list) else value


def in_order(graph: Graph) -> list[str]:
    """The stages so that each comes after what it needs, else as they were written.

    Raises PlanRefused for a need that is no stage, and for a circle, which it shows.
    """
    for name, needs in graph.items():
        unknown = sorted(set(needs) - set(graph))
        if unknown:
            raise PlanRefused(
                f"The stage {name} needs {unknown[0]}, which is no stage of this plan; it has {', '.join(graph)}. "
                "Correct the name, or add the stage.",
                reason="no_such_stage",
                key=f"stages.{name}",
            )
    order: list[str] = []
    for name in graph:
        _visit(graph, name, order, [])
    return order


def _visit(graph: Graph, name: str, order: list[str], path: list[str]) -> None:
    """Depth first, without recursion deeper than the plan has stages."""
    if name in order:
        return
    if name in path:
        circle = [*path[path.index(name) :], name]
        raise PlanRefused(
            f"The stages need each other in a circle: {' -> '.join(circle)}. Take one of these needs out.",
            reason="circle",
            key=f"stages.{name}",
        )
    for need in graph[name]:
        _visit(graph, need, order, [*path, name])
    order.append(name)


def ancestors(graph: Graph, name: str) -> list[str]:
    """Every stage that had to pass before this one, in order."""
    wanted, found = list(graph[name]), set[str]()
    while wanted:
        need = wanted.pop()
        if need not in found:
            found.add(need)
            wanted += graph[need]
    return [each for each in in_order(graph) if each in found]


def last(graph: Graph) -> list[str]:
    """The stages that no other needs: what the plan is for."""
    needed = {need for needs in graph.values() for need in needs}
    return [name for name in graph if name not in needed]
