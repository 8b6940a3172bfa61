"""Searches end to end, with tiny models: what is tried, what stands in the rows, and what a trial's recipe makes."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from aird.catalog import files
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version
from aird.evaluation.scorers import choice
from aird.jobs.errors import JobNotFound
from aird.jobs.models import Job
from aird.merge import searches, service
from aird.merge.errors import PlanStops, SearchNotPossible
from aird.merge.methods.files import merge_adapters
from aird.merge.models import MergeTrial
from aird.merge.recipe.candidates import SCALES, space_of
from aird.merge.run import trials
from aird.merge.schemas import MergeBody, SearchRead, TrialRead
from aird.merge.schemas_jobs import SearchJob
from aird.merge.search import racing
from aird.runtimes import hf
from tests.tiny import Workshop

RECIPE = """
merge_method: tsv
base_model: platform/tiny@1
models:
  - {model: support/mail@1}
  - {model: support/calls@1, parameters: {weight: 0.5}}
  - {model: support/visits@1}
parameters: {lambda: 0.9}
"""
QUIET = """
merge_method: tsv
base_model: platform/tiny@1
models: [{model: support/mail@1}, {model: support/calls@1}]
"""
FOLDERS = {"support/mail": "one", "support/calls": "two", "support/visits": "three"}
ITEMS: list[dict[str, Any]] = [
    {
        "id": f"q{n}",
        "messages": [{"role": "user", "content": f"Mail {n}?"}],
        "choices": ["a", "b", "c"],
        "answer": n % 3,
    }
    for n in range(40)
]
USELESS = [{"id": "x", "messages": [{"role": "user", "content": "?"}]}]
"""Nobody can be examined on this: a search that read it would fail."""


@pytest.fixture(autouse=True)
def parents(workshop: Workshop) -> list[Version]:
    base = workshop.model("platform/tiny", "base")
    return [workshop.model(name, folder, base=base) for name, folder in FOLDERS.items()]


def answered(workshop: Workshop, folder: Path, scale: float = 1.0) -> list[dict[str, Any]]:
    """The items with those answers for right that the TSV of all parents gives at this scale."""
    merge_adapters("tsv", [workshop.folders[each] for each in FOLDERS.values()], [1, 0.5, 1], folder, scale=scale)
    given = choice.score(hf.load(workshop.folders["base"], folder), ITEMS)
    return [{**item, "answer": each.chosen} for item, each in zip(ITEMS, given, strict=True)]


def order(workshop: Workshop, text: str = RECIPE, **said: Any) -> Job:
    body = MergeBody(yaml=text, search={"suites": ["support/exam"], **said})
    with workshop.world.database.write() as session:
        return searches.order(session, workshop.world.actor("sam"), body)


def search(workshop: Workshop, **said: Any) -> Job:
    ordered = order(workshop, **said)
    job = workshop.work()
    assert (job.id, job.state, job.error_message) == (ordered.id, "succeeded", None)
    return job


def read(workshop: Workshop, job_id: UUID, who: str = "sam") -> SearchRead:
    with workshop.world.database.read() as session:
        return searches.read(session, workshop.world.actor(who), job_id)


def told(found: SearchRead) -> list[dict[str, Any]]:
    """The trials without what depends on the clock."""
    return [each.model_dump(exclude={"seconds"}) for each in found.trials]


def test_every_candidate_of_a_small_space_is_tried_and_held_against_the_best_parent(workshop: Workshop) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS)
    job = search(workshop, methods=["task_arithmetic", "tsv", "ties"], scales=[0.5, 1.0], densities=[0.5])
    found = read(workshop, job.id)
    tried = [(each.params["method"], each.params["scale"]) for each in found.trials]
    assert tried == [(method, scale) for method in ("linear", "tsv", "ties") for scale in (0.5, 1.0)]
    best = max(found.trials, key=lambda each: (each.mean, -each.number))
    assert (found.best, best.front, found.state) == (best.number, True, "succeeded")
    (score,) = best.scores
    assert score.kept == pytest.approx(score.score / found.reference["support/exam"])
    assert [(each.suite, each.items) for each in best.held_out] == [("support/exam", 12)]
    assert all(bool(each.held_out) == each.front for each in found.trials)
    assert job.result is not None
    assert (job.result["best"], job.result["scores"]) == (best.number, {"support/exam": best.held_out[0].score})


def test_what_the_search_knows_best_is_what_was_made_the_right_answer(workshop: Workshop, tmp_path: Path) -> None:
    workshop.suite(exam=USELESS, dev=answered(workshop, tmp_path / "alone", 3.6))
    found = read(workshop, search(workshop, scales=[0.25, 1.0, 4.0]).id)
    assert found.best == 2
    assert [each.score for each in (*found.trials[2].scores, *found.trials[2].held_out)] == [1.0, 1.0]


def test_a_hopeless_candidate_answers_a_few_items_only(workshop: Workshop, tmp_path: Path) -> None:
    workshop.suite(exam=USELESS, dev=answered(workshop, tmp_path / "alone", 0.9))
    found = read(workshop, search(workshop, scales=[1.0, 30.0], holdout=0.0).id)
    good, bad = found.trials
    assert (good.state, good.items, good.mean) == ("complete", 40, good.worst)
    assert (bad.state, bad.items < 40, bad.front) == ("dropped", True, False)
    assert "candidate 0" in bad.note


def test_a_search_ends_when_the_floors_are_met_unless_told_to_go_on(workshop: Workshop) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS[:12])
    easy: dict[str, Any] = {"scales": [0.5, 1.0, 2.0], "floors": {"support/exam": 0.01}}
    assert [each.meets_floors for each in read(workshop, search(workshop, **easy).id).trials] == [True]
    assert len(read(workshop, search(workshop, keep_going=True, **easy).id).trials) == 3


def test_floors_out_of_reach_are_told_as_missed(workshop: Workshop, tmp_path: Path) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS[:12])
    job = search(workshop, scales=[0.5, 1.0], floors={"support/exam": 1.0}, methods=["tsv"])
    found = read(workshop, job.id)
    assert len(found.trials) == 2
    expected = found.trials[found.best or 0].held_out[0].kept >= 1.0
    assert job.result is not None
    assert found.floors_met == job.result["floors_met"] == expected


@pytest.mark.parametrize(
    ("text", "scales"),
    [
        (QUIET, SCALES),
        (QUIET + "parameters: {lambda: 1.0}", (1.0,)),
        (QUIET.replace("tsv", "task_arithmetic") + "parameters: {weight: 0.5}", (1.0,)),
    ],
    ids=["nobody", "lambda", "the weights of a sum"],
)
def test_several_scales_are_tried_where_nobody_says_one(
    workshop: Workshop, text: str, scales: tuple[float, ...]
) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS)
    spec = SearchJob.model_validate(order(workshop, text).spec)
    assert spec.search is not None
    assert space_of(spec, spec.search).scales == scales
    assert space_of(spec, spec.search.model_copy(update={"scales": [0.3, 0.6]})).scales == (0.3, 0.6)


def unheard(workshop: Workshop, job_id: UUID, methods: list[str]) -> None:
    """Have the search try these methods without any prompts, which core_regmean cannot do without."""
    with workshop.world.database.write() as session:
        job = session.get_one(Job, job_id)
        job.spec = {**job.spec, "search": {**job.spec["search"], "methods": methods}}


def test_a_candidate_that_cannot_be_made_is_a_failed_trial(workshop: Workshop) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS[:12])
    job = order(workshop, methods=["tsv"])
    unheard(workshop, job.id, ["core_regmean", "tsv"])
    assert workshop.work().state == "succeeded"
    found = read(workshop, job.id)
    assert [each.state for each in found.trials] == ["failed", "complete"]
    assert "prompts" in found.trials[0].note
    assert (found.best, found.trials[0].front) == (1, False)


def test_a_search_without_any_candidate_says_why(workshop: Workshop) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS)
    unheard(workshop, order(workshop).id, ["core_regmean"])
    job = workshop.work()
    assert (job.state, job.error_code) == ("failed", "search_not_possible")
    assert "prompts" in (job.error_message or "")


def test_the_exams_own_split_is_not_searched_on(workshop: Workshop) -> None:
    workshop.suite(exam=ITEMS, dev=ITEMS)
    with pytest.raises(SearchNotPossible, match="exam split"):
        order(workshop, split="exam")
    with pytest.raises(SearchNotPossible, match="no split"):
        order(workshop, split="practice")
    assert order(workshop, split="dev").kind == "merge.search"


def test_a_recipe_without_a_search_is_refused(workshop: Workshop) -> None:
    with workshop.world.database.write() as session, pytest.raises(SearchNotPossible, match="what to search"):
        searches.order(session, workshop.world.actor("sam"), MergeBody(yaml=RECIPE))


@pytest.mark.parametrize("output", ["adapter", "full"])
def test_dora_stops_the_order_of_a_search_and_no_candidate_fails_by_it(
    workshop: Workshop, parents: list[Version], output: str
) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS)
    text = QUIET.replace("tsv", "task_arithmetic") + f"parameters: {{weight: 0.5}}\naird: {{output: {output}}}"
    assert order(workshop, text).kind == "merge.search"
    mail = parents[0]
    with workshop.world.database.write() as session:
        version = catalog_queries.get_ref(session, mail.ref)
        version.facts = {**version.facts, "features": ["dora"]}
    with pytest.raises(PlanStops, match="DoRA") as refusal:
        order(workshop, text)
    assert "aird extract support/mail@1" in str(refusal.value)


def test_who_may_not_see_the_job_sees_no_search(workshop: Workshop) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS)
    job = order(workshop)
    assert read(workshop, job.id, "lin").trials == []
    with pytest.raises(JobNotFound):
        read(workshop, job.id, "omar")


def test_a_job_of_another_kind_is_no_search(workshop: Workshop) -> None:
    with workshop.world.database.write() as session:
        body = MergeBody(yaml=RECIPE, model="support/all")
        job = service.order_merge(session, workshop.world.actor("sam"), body)
    with pytest.raises(JobNotFound, match="searches nothing"):
        read(workshop, job.id)


SPACES: list[dict[str, Any]] = [
    {"methods": ["linear", "iso_c"], "scales": [0.5, 2.0], "ranks": [None, 4]},
    {"methods": ["ties", "knots_ties", "ctm"], "densities": [0.3], "ranks": [4]},
    {"methods": ["linear", "tsv", "ties"], "weights": True, "sampler": "grid", "trials": 5},
]


@pytest.mark.parametrize("said", SPACES, ids=["scales and ranks", "densities", "weights"])
def test_the_recipe_of_a_trial_is_planned_as_that_very_candidate(workshop: Workshop, said: dict[str, Any]) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS[:4])
    job = search(workshop, **said)
    spec = SearchJob.model_validate(job.spec)
    assert spec.search is not None
    for each in read(workshop, job.id).trials:
        with workshop.world.database.read() as session:
            body = MergeBody(yaml=each.yaml)
            planned = service.make_plan(session, workshop.world.actor("sam"), body)
            work = service.work_of(session, planned, body)
        wanted = space_of(spec, spec.search).candidate(each.params)
        assert (work.method, work.scale, work.normalize) == (wanted.method, wanted.scale, work.normalize)
        assert [parent.weight for parent in work.parents] == list(wanted.weights)
        assert work.rank == wanted.rank
        if wanted.densities is not None:
            assert (work.densities, work.normalize) == (list(wanted.densities), wanted.normalize)
        assert work.search is None


def scores_of(workshop: Workshop, version: str, folder: Path) -> tuple[float, float]:
    """What a filed version scores on the search's items and on the held-out ones."""
    with workshop.world.database.read() as session:
        child = catalog_queries.get_ref(session, version)
        base = catalog_queries.base_of(session, child)
    found = files.fetch(workshop.world.store, child, base, folder)
    right = [each.correct for each in choice.score(hf.load(found.base, found.adapter), ITEMS)]
    race, held = racing.split_items([each["id"] for each in ITEMS], suite="support/exam", seed=0, holdout=0.3)
    return sum(right[i] for i in race) / len(race), sum(right[i] for i in held) / len(held)


def test_a_trials_recipe_ordered_as_a_merge_scores_what_the_trial_scored(workshop: Workshop, tmp_path: Path) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS)
    found = read(workshop, search(workshop, methods=["linear", "tsv"], ranks=[None, 4]).id)
    finalists: list[TrialRead] = [each for each in found.trials if each.held_out]
    assert finalists
    for each in finalists:
        with workshop.world.database.write() as session:
            body = MergeBody(yaml=each.yaml, model=f"support/all-{each.number}")
            service.order_merge(session, workshop.world.actor("sam"), body)
        job = workshop.work()
        assert (job.state, job.error_message) == ("succeeded", None)
        scored = scores_of(workshop, (job.result or {})["version"], tmp_path / f"{each.number}")
        assert scored == (each.scores[0].score, each.held_out[0].score)


def test_the_search_of_a_merge_is_read_like_any_other(workshop: Workshop) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS[:12])
    with workshop.world.database.write() as session:
        body = MergeBody(yaml=RECIPE, model="support/all", search={"suites": ["support/exam"], "scales": [0.5, 1.0]})
        service.order_merge(session, workshop.world.actor("sam"), body)
    job = workshop.work()
    assert (job.state, job.error_message) == ("succeeded", None)
    found = read(workshop, job.id)
    assert len(found.trials) == 2
    assert all("model: support/all" in each.yaml for each in found.trials)
    assert found.trials[found.best or 0].params["scale"] == (job.result or {})["scale"]


def test_an_attempt_goes_on_where_the_last_one_stopped(workshop: Workshop) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS)
    said: dict[str, Any] = {
        "methods": ["linear", "tsv", "ties"],
        "scales": [0.5, 1.0, 2.0],
        "weights": True,
        "trials": 8,
    }
    whole = search(workshop, **said)
    again = order(workshop, **said)
    with workshop.world.database.write() as session:
        for row in trials.rows(session, whole.id):
            if row.number < 4:
                session.add(copied(row, again.id, cut=row.number == 3))
    resumed = workshop.work()
    assert (resumed.id, resumed.state, resumed.error_message) == (again.id, "succeeded", None)
    assert told(read(workshop, again.id)) == told(read(workshop, whole.id))


def copied(row: MergeTrial, job_id: UUID, *, cut: bool) -> MergeTrial:
    """The row as another job's; with `cut` as it stood after its first batch."""
    known = {
        name: getattr(row, name)
        for name in ("number", "params", "state", "scores", "outcomes", "mean", "worst", "rank", "items", "seconds")
    }
    if row.number < 0:
        known["held_out"] = row.held_out
    if cut:
        marks = {suite: given[:8] for suite, given in trials.unpack(row.outcomes).items()}
        known |= {"state": "running", "outcomes": trials.pack(marks), "items": 8}
    return MergeTrial(job_id=job_id, **known)
