"""The shape of the estimates: what makes a rotation dearer must make its estimate dearer."""

from dataclasses import replace

from aird.catalog.names import VersionRef
from aird.merge.plan.estimates import BaseSize, FinishSize, Work, estimate
from aird.merge.plan.merge_plan import ParentFacts, make_plan
from aird.merge.recipe.merge_recipe import METHODS, parse
from aird.merge.schemas import SearchSpace

GIB = 2**30


def work(parents: int = 2, rank: int = 16, *, method: str = "tsv", size: int = 4096, extra: str = "") -> Work:
    shapes = {f"layers.{n}.q_proj": (size, size) for n in range(32)}
    facts = [
        ParentFacts(VersionRef.parse(f"a/x{n}@1"), "adapter", "sha256:a", "t", shapes, dict.fromkeys(shapes, rank))
        for n in range(parents)
    ]
    models = ", ".join(f"{{model: a/x{n}@1, parameters: {{weight: 1}}}}" for n in range(parents))
    text = f"merge_method: {method}\nbase_model: p/base\nmodels: [{models}]\naird: {{{extra}}}"
    return Work(
        plan=make_plan(parse(text), facts),
        ranks=dict.fromkeys(shapes, parents * rank),
        shapes=shapes,
        parent_bytes=parents * rank * 2 * size * 32 * 4,
        base=BaseSize(8_000_000_000, 16 * GIB),
    )


def test_more_parents_higher_ranks_and_larger_modules_take_longer() -> None:
    base = estimate(work())
    for dearer in (work(parents=4), work(rank=64), work(size=8192)):
        assert estimate(dearer).seconds > base.seconds
        assert estimate(dearer).memory > base.memory


def test_every_method_has_an_estimate_and_the_iterating_one_is_the_dearest() -> None:
    found = {method: estimate(work(4, 64, method=method)).seconds for method in METHODS}
    assert max(found, key=found.__getitem__) == "ctm"
    assert found["linear"] == found["task_arithmetic"]


def test_a_merge_alone_holds_no_base_and_what_needs_one_does() -> None:
    alone, searched = work(), replace(work(), search=SearchSpace(suites=["a/b"], trials=10), items=100)
    assert estimate(alone).memory < GIB
    assert estimate(searched).memory > 8_000_000_000 * 4


def test_a_search_grows_with_its_trials_and_a_finish_with_its_steps() -> None:
    few, many = (
        estimate(replace(work(), search=SearchSpace(suites=["a/b"], trials=trials), items=100)) for trials in (5, 50)
    )
    assert many.seconds > 5 * few.seconds
    short, long = (estimate(replace(work(), finish=FinishSize(400, steps, 32, 64))).seconds for steps in (60, 240))
    assert long > short > estimate(work()).seconds


def test_a_whole_model_is_read_and_written() -> None:
    full = replace(work(), output="full")
    assert estimate(full).seconds > estimate(work()).seconds
    assert estimate(full).memory < 2 * GIB


def test_energy_is_time_at_the_chips_power() -> None:
    found = estimate(work())
    assert abs(found.watt_hours - found.seconds * 65 / 3600) < 0.01
