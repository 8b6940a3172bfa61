"""The pure parts: order and circles of stages, keys by content, what is forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aird.core.recipe_yaml import RecipeRefused
from aird.planning import dag, forgetting, keys, recipe
from aird.planning.errors import PlanRefused
from aird.planning.models import StageKind
from aird.planning.templates import TEMPLATES

STAGE = "{train: {model: a/b, base: a/base@1, datasets: [a/d@1]}}"
HEAD = "apiVersion: aird/v1\nkind: Plan\nmetadata: {name: a/plan}\nspec:\n"


def test_stages_come_after_what_they_need() -> None:
    graph = {"c": ["b"], "a": [], "b": ["a"], "d": ["a", "c"]}
    assert dag.in_order(graph) == ["a", "b", "c", "d"]
    assert dag.ancestors(graph, "d") == ["a", "b", "c"]
    assert dag.last(graph) == ["d"]


def test_a_circle_is_shown() -> None:
    with pytest.raises(PlanRefused, match="a -> b -> a"):
        dag.in_order({"a": ["b"], "b": ["a"]})
    with pytest.raises(PlanRefused, match="no stage of this plan"):
        dag.in_order({"a": ["x"]})


@given(st.lists(st.sets(st.integers(0, 19), max_size=4), min_size=1, max_size=20))
def test_every_graph_without_circles_is_put_in_order(wanted: list[set[int]]) -> None:
    graph = {str(n): [str(each) for each in sorted(needs) if each < n] for n, needs in enumerate(wanted)}
    order = dag.in_order(graph)
    assert sorted(order) == sorted(graph)
    assert all(order.index(need) < order.index(name) for name, needs in graph.items() for need in needs)
    for name in graph:
        assert dag.ancestors(graph, name) == [each for each in order if each in dag.ancestors(graph, name)]


def test_versions_of_stages_are_found_and_filled_in() -> None:
    content = {"base": "${stage.basics}", "models": [{"model": "a/b@1+${stage.lead}"}], "steps": 5}
    assert dag.named_in(content) == {"basics", "lead"}
    assert dag.filled(content, lambda name: f"x/{name}@2")["models"] == [{"model": "a/b@1+x/lead@2"}]


def test_a_key_covers_what_is_done_and_not_what_it_is_called() -> None:
    spec = {"model": "a/b", "title": "t", "base": "sha256:1", "settings": {"steps": 5}}
    key = keys.stage_key(StageKind.TRAIN, keys.without_labels(spec))
    other = keys.without_labels({**spec, "model": "c/d", "title": "", "notes": "n"})
    assert keys.stage_key(StageKind.TRAIN, other) == key
    assert keys.stage_key(StageKind.TRAIN, {**other, "settings": {"steps": 6}}) != key
    assert keys.stage_key(StageKind.MENTOR, other) != key


def test_forgetting_is_read_from_the_rows() -> None:
    rows = [("one", {"a": 0.9, "b": 0.2}), ("two", {"a": 0.8, "b": 0.7})]
    found = forgetting.compare({"a": 0.6, "b": 0.75, "c": 0.9}, rows, {"a": "one", "b": "two"}, teaches=["b"])
    assert found.average == pytest.approx(0.75)
    assert found.backward == pytest.approx((-0.3 + 0.05) / 2)
    assert found.forward == pytest.approx(0.5)
    assert found.worst == forgetting.Drop("a", 0.9, 0.6, "one")
    assert forgetting.compare({"a": 0.9}, [], {}).worst is None
    assert forgetting.worst_drop({"a": 0.95}, rows) is None


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.name)
def test_every_template_is_a_plan(template: object) -> None:
    found = recipe.parse(getattr(template, "yaml", ""))
    assert found.spec.exams
    assert len(dag.last(found.spec.graph)) == 1


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ("{a: {}}", "this one has none"),
        ("{a: {train: {model: a/b}, exam: {versions: [a/b@1]}}}", "train and exam"),
        ("{a: {train: {model: a/b, base: a/base@1}}}", r"stages.a.train: spec.datasets"),
        ("{a: {train: {model: a/b, base: '${stage.b}', datasets: [a/d@1]}}}", "no stage of this plan"),
        ("{a: {exam: {versions: [a/b@1]}}}", "names no suites"),
        ("{a: {merge: {merge_method: linear, models: [{model: a/b@1}]}}}", "where the merged version is filed"),
        ("{a: {merge: {merge_method: nonsense, models: [], aird: {model: a/c}}}}", "nonsense"),
        (
            "{e: {exam: {versions: [a/b@1], suites: [a/s]}}, "
            "a: {train: {model: a/b, base: '${stage.e}', datasets: [a/d@1]}}}",
            "makes no version",
        ),
        (f"{{a: {STAGE[:-1]}, gate: [{{suite: a/s}}]}}}}", "at_least"),
        (f"{{a: {STAGE[:-1]}, needs: [a]}}}}", "circle"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_carried_out_is_refused_with_its_place(stages: str, words: str) -> None:
    with pytest.raises((PlanRefused, RecipeRefused), match=words):
        recipe.parse(f"{HEAD}  stages: {stages}\n")
    assert recipe.parse(f"{HEAD}  stages: {{a: {STAGE}}}\n").spec.graph == {"a": []}
