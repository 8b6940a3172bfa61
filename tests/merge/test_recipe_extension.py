"""The `aird:` block of a recipe: what it may say, and refusals that name the place."""

import pytest

from aird.catalog.names import VersionRef
from aird.core.recipe_yaml import RecipeRefused
from aird.merge.recipe.extension import Extension
from aird.merge.recipe.merge_recipe import parse
from aird.merge.schemas import SearchSpace

HEAD = "merge_method: tsv\nmodels: [{model: a/x@1}, {model: b/y@2}]\n"


def said(text: str) -> Extension:
    return parse(HEAD + f"aird: {{{text}}}").aird


def refused(text: str) -> RecipeRefused:
    with pytest.raises(RecipeRefused) as refusal:
        said(text)
    assert refusal.value.status == 422
    return refusal.value


def test_a_recipe_without_the_block_keeps_everything_and_files_an_adapter() -> None:
    assert parse(HEAD).aird == Extension() == said("")
    assert (Extension().rank, Extension().output, Extension().search, Extension().finish) == (
        None,
        "adapter",
        None,
        None,
    )


def test_the_rank_is_a_number_or_what_engines_serve() -> None:
    assert [said(f"rank: {each}").rank for each in ("16", "servable", "null")] == [16, "servable", None]
    assert "servable" in refused("rank: largest").message


def test_the_output_is_an_adapter_or_a_whole_model() -> None:
    assert (said("output: full").output, said("output: adapter").output) == ("full", "adapter")
    assert refused("output: gguf").params["key"] == "aird.output"


def test_a_search_has_every_key_of_the_api() -> None:
    text = (
        "search: {suites: [support/exam, hr/faq@2], methods: [tsv, iso_c], scales: [0.5, 1e-1], densities: [0.2],"
        " ranks: [16, null], weights: true, floors: {support/exam: 0.9}, trials: 30, sampler: nsga2, seed: 3,"
        " holdout: 0.25, split: dev2}"
    )
    assert said(text).search == SearchSpace(
        suites=["support/exam", "hr/faq@2"], methods=["tsv", "iso_c"], scales=[0.5, 0.1], densities=[0.2],
        ranks=[16, None], weights=True, floors={"support/exam": 0.9}, trials=30, sampler="nsga2", seed=3,
        holdout=0.25, split="dev2",
    )  # fmt: skip


SEARCHES = [
    ("scales: [1]", "no_suites", "aird.search.suites"),
    ("suites: []", "bad_value", "aird.search.suites"),
    ("suites: 7", "bad_value", "aird.search.suites"),
    ("suites: [a/b, a/b]", "bad_value", "aird.search.suites"),
    ("suites: [a/b], methods: [slerp]", "bad_value", "aird.search.methods.0"),
    ("suites: [a/b], densities: [0]", "bad_value", "aird.search.densities.0"),
    ("suites: [a/b], ranks: [0]", "bad_value", "aird.search.ranks.0"),
    ("suites: [a/b], floors: {a/b: 1.5}", "bad_value", "aird.search.floors.a/b"),
    ("suites: [a/b], floors: {c/d: 0.5}", "bad_reference", "aird.search.floors"),
    ("suites: [a/b], floors: [a/b]", "bad_value", "aird.search.floors"),
    ("suites: [a/b], trials: 0", "bad_value", "aird.search.trials"),
    ("suites: [a/b], sampler: random", "bad_value", "aird.search.sampler"),
    ("suites: [a/b], holdout: 0.9", "bad_value", "aird.search.holdout"),
    ("suites: [a/b], scales: [.nan]", "bad_value", "aird.search.scales.0"),
    ("suites: [a/b], trails: 3", "unknown_key", "aird.search.trails"),
    ("suites: [{a: b}]", "bad_reference", "aird.search.suites"),
]


@pytest.mark.parametrize(("text", "reason", "key"), SEARCHES)
def test_a_search_that_cannot_be_made_is_refused_at_its_place(text: str, reason: str, key: str) -> None:
    refusal = refused(f"search: {{{text}}}")
    assert (refusal.params["reason"], refusal.params["key"]) == (reason, key)


def test_prompts_and_finish_belong_to_the_block() -> None:
    found = said("prompts: [{version: a/x@1, dataset: a/mails@1}], finish: {steps: 60}")
    assert [(each.version, each.dataset) for each in found.prompts] == [(VersionRef.parse("a/x@1"), "a/mails@1")]
    assert found.finish is not None
    assert found.finish.settings.steps == 60
    assert said("finish: false").finish is None
    assert refused("finish: {rank: 3}").params["key"] == "aird.finish.rank"
