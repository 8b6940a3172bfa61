"""Planning and ordering rotations: what a recipe would do, whose weights it may take, where its child goes."""

from typing import Any

import pytest

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.errors import VersionNotFound
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind
from aird.core.errors import NotFound, NotPermitted
from aird.core.recipe_yaml import RecipeRefused
from aird.datasets import service as datasets
from aird.datasets.models import DatasetKind
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat
from aird.evaluation import queries as evaluation_queries
from aird.evaluation import service as evaluation
from aird.evaluation.models import Scorer
from aird.jobs.models import Job
from aird.merge import service
from aird.merge.errors import NoPlaceForChild, ParentNotUsable, SearchNotPossible
from aird.merge.plan.merge_plan import ParentsNotCompatible
from aird.merge.schemas import MergeBody, PlanRead, SearchSpace
from aird.testing import World

FACTS = {"tokenizer_sha256": "t", "shapes": {"q_proj": [8, 16], "v_proj": [4, 16]}}
LINE = b'{"id": "a", "messages": [{"role": "user", "content": "?"}], "choices": ["a", "b"], "answer": 1}\n'


def recipe(*models: str, method: str = "task_arithmetic", extra: str = "") -> str:
    named = models or ("support/mail@1", "support/calls@1")
    weights = [0.7, 0.3, 0.2]
    lines = [f"  - {{model: {each}, parameters: {{weight: {w}}}}}" for each, w in zip(named, weights, strict=False)]
    return "\n".join([f"merge_method: {method}", "base_model: platform/base@1", "models:", *lines, extra])


@pytest.fixture(autouse=True)
def house(world: World) -> None:
    """Adapters of two departments on one base, one on another; an exam with a split for searches."""
    base, other = (world.version(f"platform/{name}", kind=Kind.BASE) for name in ("base", "other"))
    for name, rank in (("support/mail", 4), ("support/calls", 2), ("finance/books", 3)):
        facts = {**FACTS, "ranks": {"q_proj": rank, "v_proj": rank}, "rank": rank}
        world.version(name, kind=Kind.ADAPTER, base=base, facts=facts)
    world.version("support/strange", kind=Kind.ADAPTER, base=other, facts=FACTS | {"ranks": {"q_proj": 1}, "rank": 1})
    splits = ("exam", "dev")
    new = NewDatasetVersion(
        world.store.put_files({f"{each}.jsonl": LINE for each in splits}),
        dict.fromkeys(splits, 1),
        dict.fromkeys(splits, DatasetFormat.EXAM),
    )
    sam = world.actor("sam")
    with world.database.write() as session:
        dataset = datasets.add_dataset(session, sam, "support/mails", "Mails", DatasetKind.EXAM)
        version, _ = datasets.add_version(session, sam, dataset, new)
        evaluation.add_suite(session, sam, "support/exam", "Exam", version)


def plan(world: World, text: str, by: str = "sam") -> PlanRead:
    with world.database.read() as session:
        actor = world.actor(by)
        return service.read_plan(session, actor, MergeBody(yaml=text))


def order(world: World, text: str = "", by: str = "sam", **said: Any) -> Job:
    body = MergeBody(yaml=text or recipe(), **{"model": "support/both", **said})
    with world.database.write() as session:
        return service.order_merge(session, world.actor(by), body)


def move(world: World, ref: str, *states: VersionState) -> None:
    with world.database.write() as session:
        for state in states:
            catalog.move(session, SYSTEM, catalog_queries.get_ref(session, ref), state)


def test_a_plan_says_what_would_come_out_and_changes_nothing(world: World) -> None:
    found = plan(world, recipe())
    assert [(each.ref, each.weight, each.rank) for each in found.parents] == [
        ("support/mail@1", 0.7, 4),
        ("support/calls@1", 0.3, 2),
    ]
    assert (found.base, found.rank, found.exact) == ("platform/base@1", 6, True)
    assert found.statement == "exact: weighted sum in factor space, rank 6 = 4 + 2"
    assert found.parameters == 6 * (8 + 16 + 4 + 16)


def test_an_order_is_a_job_with_the_parents_resolved(world: World) -> None:
    job = order(world, recipe(method="linear"), title="Both", license="mit", notes="n")
    assert (job.kind, job.title, job.department_id) == ("merge.run", "Both", world.department_id("support"))
    with world.database.read() as session:
        wanted = [str(catalog_queries.get_ref(session, ref).id) for ref in ("support/mail", "support/calls")]
        assert catalog_queries.get_model(session, "support/both").title == "Both"
    assert [each["version_id"] for each in job.spec["parents"]] == wanted
    assert (job.spec["method"], job.spec["search"], job.spec["suites"]) == ("linear", None, [])
    assert (job.spec["license"], job.spec["notes"]) == ("mit", "n")
    assert job.spec["recipe"]["written"] == recipe(method="linear")
    assert "support/mail@1" in job.spec["recipe"]["mergekit"]


@pytest.mark.parametrize(("method", "engine"), [("task_arithmetic", "linear"), ("tsv", "tsv")])
def test_each_method_has_its_engine(world: World, method: str, engine: str) -> None:
    assert order(world, recipe(method=method)).spec["method"] == engine


def test_a_child_needs_a_place(world: World) -> None:
    with pytest.raises(NoPlaceForChild):
        order(world, model=None)
    job = order(world, recipe(extra="aird: {model: finance/both, title: Rotation}"), model=None)
    assert (job.title, job.department_id) == ("Rotation", world.department_id("finance"))
    assert order(world, recipe(extra="aird: {model: finance/both}")).department_id == world.department_id("support")


def test_a_title_in_the_recipe_is_no_longer_than_a_models_title(world: World) -> None:
    text = recipe(extra=f"aird: {{model: finance/both, title: {'x' * 129}}}")
    with pytest.raises(RecipeRefused) as refusal:
        order(world, text)
    assert refusal.value.params["key"] == "aird.title"
    assert order(world, text.replace("x" * 129, "x" * 128)).title == "x" * 128


@pytest.mark.parametrize("state", [VersionState.SUSPENDED, VersionState.RETIRED])
def test_a_parent_out_of_service_is_refused(world: World, state: VersionState) -> None:
    move(world, "support/calls@1", state)
    for act in (plan, order):
        with pytest.raises(ParentNotUsable, match=f"support/calls@1 is {state}"):
            act(world, recipe())
    assert plan(world, recipe("support/mail@1", "finance/books@1")).rank == 7


def test_an_approved_parent_is_merged_as_well_as_a_draft(world: World) -> None:
    move(world, "support/calls@1", VersionState.CANDIDATE, VersionState.APPROVED)
    assert order(world).state == "queued"


def test_another_departments_weights_are_not_merged(world: World) -> None:
    text = recipe("support/mail@1", "finance/books@1")
    with world.database.write() as session:
        eva = auth.add_person(session, SYSTEM, "eva", "Eva")
        auth.give_role(session, SYSTEM, eva, Role.STAFF, auth_queries.get_department(session, "support"))
    for act in (plan, order):
        with pytest.raises(NotPermitted):
            act(world, text, by="eva")
    assert order(world, recipe(), by="eva").created_by == eva.id
    assert order(world, text, by="sam").state == "queued"


@pytest.mark.parametrize("who", ["lin", "ada", "noor"])
def test_who_runs_no_jobs_plans_no_merge(world: World, who: str) -> None:
    for act in (plan, order):
        with pytest.raises(NotPermitted):
            act(world, recipe(), by=who)


def test_the_child_is_filed_only_where_one_may_write(world: World) -> None:
    with world.database.write() as session:
        support, rui = auth_queries.get_department(session, "support"), auth_queries.get_person(session, "rui")
        auth.give_role(session, SYSTEM, rui, Role.STAFF, support)
    with pytest.raises(NotPermitted):
        order(world, by="rui", model="hr/both")
    assert order(world, by="rui", model="platform/both").department_id == world.department_id("platform")


@pytest.mark.parametrize(
    ("models", "reason"),
    [
        (("support/mail@1", "support/strange@1"), "different_bases"),
        (("support/strange@1",), "wrong_base"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_the_cause(
    world: World, models: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(ParentsNotCompatible) as refusal:
        plan(world, recipe(*models))
    assert (refusal.value.status, refusal.value.params["reason"]) == (422, reason)


@pytest.mark.parametrize("models", [("support/mail@1", "support/mail"), ("support/mail", "support/mail@1")])
def test_a_version_named_twice_in_two_ways_is_refused(world: World, models: tuple[str, str]) -> None:
    for act in (plan, order):
        with pytest.raises(RecipeRefused) as refusal:
            act(world, recipe(*models))
        assert refusal.value.params["reason"] == "listed_twice"
    with world.database.read() as session:
        base = catalog_queries.get_ref(session, "platform/base@1")
    world.version("support/mail", kind=Kind.ADAPTER, base=base, facts=FACTS | {"ranks": {"q_proj": 4}, "rank": 4})
    assert plan(world, recipe(*models)).rank == 8


def test_a_parent_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(VersionNotFound):
        plan(world, recipe("support/mail@7", "support/calls@1"))


def search(split: str = "dev", suite: str = "support/exam", **said: Any) -> SearchSpace:
    return SearchSpace(scales=[0.5, 1.0], suites=[suite], split=split, **said)


def test_a_search_compares_on_a_split_that_is_not_the_exam(world: World) -> None:
    with pytest.raises(SearchNotPossible, match="exam"):
        order(world, search=search("exam"))
    job = order(world, search=search("dev"))
    assert job.spec["search"]["scales"] == [0.5, 1.0]
    assert [(each["suite"], each["split"], each["scorer"]) for each in job.spec["suites"]] == [
        ("support/exam", "dev", "choice")
    ]


def test_a_search_may_stand_in_the_recipe(world: World) -> None:
    text = recipe(extra="aird: {search: {scales: [0.5, 2], suites: [support/exam]}}")
    assert order(world, text).spec["search"]["scales"] == [0.5, 2.0]
    with pytest.raises(RecipeRefused, match="suites"):
        order(world, recipe(extra="aird: {search: {scales: [0.5]}}"))
    assert order(world, text, search=search()).spec["search"]["scales"] == [0.5, 1.0]


def test_a_search_on_what_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(SearchNotPossible, match="no split 'train'"):
        order(world, search=search("train"))
    with pytest.raises(NotFound):
        order(world, search=search(suite="support/nothing"))


@pytest.mark.parametrize(("scorer", "chosen"), [(Scorer.F1, {}), (Scorer.CHOICE, {"per_token": True})])
def test_a_search_scores_only_as_its_bench_can(world: World, scorer: Scorer, chosen: dict[str, Any]) -> None:
    order(world, search=search())
    with world.database.write() as session:
        suite = evaluation_queries.get_suite(session, "support/exam")
        suite.scorer, suite.settings = scorer, chosen
    with pytest.raises(SearchNotPossible, match="settings of its own"):
        order(world, search=search())


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_a_scale_that_makes_no_model_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="scales"):
        SearchSpace(scales=[scale], suites=["support/exam"])
    assert SearchSpace(scales=[0.1], suites=["support/exam"]).split == "dev"
