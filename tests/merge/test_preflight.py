"""The check before a run: every finding has its cause, its fix and its positive twin."""

from dataclasses import replace
from typing import Any

import pytest

from aird.catalog.names import VersionRef
from aird.core.schemas import Finding
from aird.merge.plan import preflight
from aird.merge.plan.licences import Licensed, child_licence, joined, listed
from aird.merge.plan.merge_plan import ParentFacts, make_plan
from aird.merge.plan.situation import EndpointState, Needs, Opened, ParentState, Room, Situation
from aird.merge.recipe.merge_recipe import parse
from aird.merge.schemas import Interference, Kept, MeasureRead, ModuleMeasure

SHAPES = {"q": (64, 32), "v": (16, 32)}
NAMES = ("support/mail@1", "finance/books@1")


def situation(extra: str = "", *, method: str = "tsv", ranks: tuple[int, int] = (8, 8), **changes: Any) -> Situation:
    facts = [
        ParentFacts(VersionRef.parse(name), "adapter", "sha256:" + "a" * 64, "t", SHAPES, dict.fromkeys(SHAPES, rank))
        for name, rank in zip(NAMES, ranks, strict=True)
    ]
    models = ", ".join(f"{{model: {name}}}" for name in NAMES)
    plan = make_plan(parse(f"merge_method: {method}\nmodels: [{models}]\naird: {{{extra}}}"), facts)
    found = Situation(
        plan=plan,
        output="adapter",
        base=Licensed("platform/base@1", "apache-2.0", ("license:apache-2.0", "notice")),
        tokenizer="t",
        vocabulary=2048,
        modules=2,
        parents=[
            ParentState(name, name.partition("/")[0], 1.0, license="mit", restrictions=("license:mit", "notice"))
            for name in NAMES
        ],
        child_department=None,
        license="mit",
        interference=[Interference(one=NAMES[0], other=NAMES[1], cosine=0.1, overlap=None, exact=False)],
        shares=[0.5, 0.5],
        measure=None,
        endpoints=[EndpointState("support")],
        needs=Needs(10.0, 2**20, 1000),
    )
    return replace(found, **changes)


def first(found: Situation, **changes: Any) -> Situation:
    return replace(found, parents=[replace(found.parents[0], **changes), *found.parents[1:]])


def said(found: Situation) -> dict[str, Finding]:
    findings = preflight.findings(found)
    assert len({each.code for each in findings}) == len(findings)
    return {each.code: each for each in findings}


def test_a_merge_with_nothing_in_its_way_is_told_what_was_looked_at() -> None:
    found = said(situation("rank: servable"))
    assert {each.level for each in found.values()} == {"ok"}
    assert list(found) == [
        "access_open", "licences_compatible", "same_base", "same_tokenizer", "same_vocabulary", "same_modules",
        "fits_endpoint",
    ]  # fmt: skip


def codes(found: Situation) -> set[str]:
    """What is found, where one thing may be said of several parents."""
    return {each.code for each in preflight.findings(found)}


def test_a_child_needs_a_department_that_is_there() -> None:
    placed = situation(child="sales/both", child_department=None)
    found = said(placed)["no_department"]
    assert (found.level, found.params) == ("stop", {"department": "sales"})
    assert "no_department" not in codes(replace(placed, child_department="sales"))


def test_a_child_of_another_kind_than_its_model_is_warned_of() -> None:
    placed = situation(child="platform/base", child_department="platform", child_latest="base")
    assert "other_kind" in codes(placed)
    assert "other_kind" not in codes(replace(placed, output="full"))
    assert "other_kind" not in codes(replace(placed, child_latest="adapter"))


def test_dora_stops_an_adapter_and_not_a_whole_model() -> None:
    found = first(situation(), features=("dora",))
    stop = said(found)["dora"]
    assert (stop.level, stop.params) == ("stop", {"version": NAMES[0]})
    assert "aird extract support/mail@1" in stop.message
    assert "output: full" in stop.message
    whole = replace(found, output="full")
    assert "task_arithmetic" in said(whole)["dora"].message
    summed = replace(whole, plan=replace(found.plan, method="task_arithmetic", rank=None))
    assert "dora" not in said(summed)
    for more in ("search", "finish"):
        stop = said(replace(summed, searched=more == "search", finished=more == "finish"))["dora"]
        assert (stop.level, f"Take '{more}' out" in stop.message) == ("stop", True)


def test_a_module_replaced_by_one_and_changed_by_another_stops_an_adapter() -> None:
    found = first(situation(), saved=frozenset({"v"}), features=("modules_to_save",))
    found = replace(found, parents=[found.parents[0], replace(found.parents[1], changed=frozenset({"q", "v"}))])
    assert said(found)["replaced_and_changed"].params == {"module": "v", "one": NAMES[0], "other": NAMES[1]}
    assert said(found)["extras_summed"].level == "note"
    whole = replace(found, output="full", plan=replace(found.plan, method="task_arithmetic", rank=None))
    assert "replaced_and_changed" not in said(whole)
    assert said(replace(whole, finished=True))["replaced_and_changed"].level == "stop"


def test_a_department_without_room_stops_the_merge() -> None:
    assert said(situation(room=Room(quota=999)))["quota"].level == "stop"
    assert "quota" not in said(situation(room=Room(quota=1000)))


def test_a_machine_without_room_is_warned_of() -> None:
    found = said(situation(room=Room(memory=2**20 - 1, disk=1999)))
    assert (found["memory_short"].level, found["disk_short"].params["left"]) == ("warning", 1999)
    assert not {"memory_short", "disk_short"} & said(situation(room=Room(memory=2**20, disk=2000))).keys()


@pytest.mark.parametrize(
    ("changes", "code", "level"),
    [
        ({"weight": 0.0}, "weight_zero", "warning"),
        ({"weight": -0.5}, "weight_negative", "note"),
        ({"missing": 1}, "modules_missing", "note"),
        ({"features": ("lora_bias",)}, "extras_summed", "note"),
        ({"examined": False}, "not_examined", "note"),
        ({"words": "chat_template ab"}, "own_words", "note"),
        ({"license": ""}, "licence_missing", "note"),
        ({"license": "our-own-1.0"}, "licence_unknown", "note"),
        ({"license": "cc-by-nc-4.0"}, "licence_non_commercial", "warning"),
        ({"license": "cc-by-nd-4.0"}, "licence_no_derivatives", "warning"),
        ({"license": "gemma"}, "licence_use", "note"),
        ({"license": "gpl-3.0"}, "licence_lost", "warning"),
        ({"restrictions": ("license:qwen-research",)}, "licence_non_commercial", "warning"),
    ],
)
def test_what_is_known_of_a_parent_is_said(changes: dict[str, Any], code: str, level: str) -> None:
    assert code not in said(situation())
    assert said(first(situation(), **changes))[code].level == level


def pair(cosine: float, overlap: float | None = None) -> list[Interference]:
    return [Interference(one=NAMES[0], other=NAMES[1], cosine=cosine, overlap=overlap, exact=overlap is not None)]


@pytest.mark.parametrize(
    ("interference", "code"),
    [(pair(0.95), "twins"), (pair(-0.3), "opposed"), (pair(0.2, 0.7), "overlapping")],
)
def test_parents_that_get_in_each_others_way_are_named(interference: list[Interference], code: str) -> None:
    found = said(situation(method="iso_c", interference=interference))[code]
    assert (found.level, found.params["one"], found.params["other"]) == ("warning", *NAMES)
    assert code not in said(situation(method="iso_c"))


def test_the_default_keeps_apart_what_overlaps() -> None:
    assert "overlapping" not in said(situation(interference=pair(0.2, 0.7)))


def test_a_parent_that_is_drowned_is_named() -> None:
    assert said(situation(shares=[0.005, 0.995]))["quiet"].params["version"] == NAMES[0]
    assert "quiet" not in said(situation(shares=[0.02, 0.98]))


def test_what_is_not_known_of_the_parents_is_said() -> None:
    assert said(situation(interference=[], shares=None))["estimate_missing"].level == "note"


def test_a_rank_that_engines_serve_is_told_from_one_that_they_do_not() -> None:
    assert "rank_padded" not in said(situation())  # 16 is one of the steps
    padded = said(situation(ranks=(8, 4)))["rank_padded"]
    assert padded.params == {"rank": 12, "room": 16}
    beyond = said(situation(method="linear\nparameters: {weight: 1}", ranks=(512, 8)))["rank_beyond_engines"]
    assert (beyond.level, beyond.params["most"]) == ("warning", 512)


def measured(energy: float) -> MeasureRead:
    kept = Kept(rank=8, energy=energy, worst=energy / 2, module="q")
    return MeasureRead(method="tsv", cosines=[], overlaps=[], norms=[], energies=[kept], modules=[], seconds=0)


def test_what_a_cut_loses_is_said_as_far_as_it_was_measured() -> None:
    assert said(situation("rank: 8"))["rank_cut"].params["energy"] is None
    assert said(situation("rank: 8", measure=measured(0.95)))["rank_cut"].params["energy"] == 0.95
    lost = said(situation("rank: 8", measure=measured(0.6)))["energy_lost"]
    assert (lost.level, lost.params["worst"], lost.params["module"]) == ("warning", 0.3, "q")
    assert "plan a finish" in lost.message
    assert (
        "plan a finish" not in said(situation("rank: 8", measure=measured(0.6), finished=True))["energy_lost"].message
    )
    assert not {"rank_cut", "energy_lost"} & said(situation("rank: 16")).keys()


def test_any_rank_can_be_told_from_the_spectra_as_far_as_they_go() -> None:
    modules = [
        ModuleMeasure(module="q", rank=3, norm=2.0, spectrum=[0.5, 0.25, 0.25]),
        ModuleMeasure(module="v", rank=2, norm=1.0, spectrum=[0.75, 0.25]),
    ]
    found = measured(0.9).model_copy(update={"modules": modules})
    kept = preflight.kept_at(found, 1)
    assert kept is not None
    assert (kept.energy, kept.worst, kept.module) == ((4 * 0.5 + 0.75) / 5, 0.5, "q")
    assert preflight.kept_at(found, 8) == found.energies[0]
    longer = modules[0].model_copy(update={"rank": 100})
    assert preflight.kept_at(found.model_copy(update={"modules": [longer]}), 50) is None
    assert preflight.kept_at(found.model_copy(update={"method": "ctm"}), 1) is None


def test_weights_that_leave_their_department_are_told_of() -> None:
    found = situation(child_department="support")
    mine = said(found)["weights_leave"]
    assert (mine.level, mine.params["versions"], mine.params["owner"]) == ("warning", [NAMES[1]], "finance")
    narrow: list[tuple[Opened, str]] = [("organisation", "note"), ("personal", "warning")]
    for opened, level in narrow:
        parents = [found.parents[0], replace(found.parents[1], opened=opened)]
        assert said(replace(found, parents=parents))["weights_leave"].level == level
    wide: list[Opened] = ["open", "granted"]
    for opened in wide:
        parents = [found.parents[0], replace(found.parents[1], opened=opened)]
        assert said(replace(found, parents=parents))["access_open"].params["how"][NAMES[1]] == opened


def test_a_private_parent_would_be_seen_in_the_family_tree() -> None:
    found = first(situation(child_department="hr"), private=True, opened="granted")
    assert said(found)["private_parent"].params["owner"] == "support"
    assert "private_parent" not in said(replace(found, child_department="support"))


def test_two_licences_that_each_want_the_child_are_told_of() -> None:
    found = first(situation(), license="gpl-3.0")
    both = replace(found, parents=[found.parents[0], replace(found.parents[1], license="cc-by-sa-4.0")])
    assert said(both)["licence_share_alike"].params["licences"] == ["cc-by-sa-4.0", "gpl-3.0"]
    assert "licences_compatible" not in said(both)


def test_the_child_inherits_everything_that_rests_on_its_parents_and_its_base() -> None:
    parents = [Licensed("a/x@1", "MIT", ()), Licensed("b/y@1", "mit", ("license:gemma", "use-policy"))]
    assert child_licence("", parents) == "mit"
    assert child_licence("Apache", parents) == "apache-2.0"
    assert child_licence("", [*parents, Licensed("c/z@1", "gpl-3.0", ())]) == ""
    assert joined("mit", parents, Licensed("p/b@1", "llama3", ())) == [
        "license:gemma", "license:llama3", "license:mit", "naming", "notice", "use-policy", "user-limit",
    ]  # fmt: skip


def test_the_finish_is_offered_where_questions_are_at_hand() -> None:
    assert said(situation(finish_offered={"steps": 240}))["finish_offered"].params["finish"] == {"steps": 240}


def test_endpoints_on_the_base_say_how_the_result_would_join_them() -> None:
    [found] = preflight.fits(situation())
    assert (found.endpoint, found.fits) == ("support", True)
    assert "no model is loaded" in found.reason
    assert "process of its own" in preflight.fits(situation(output="full"))[0].reason
    assert said(situation(endpoints=[]))["no_endpoint"].level == "note"


def test_of_many_versions_a_message_names_a_few_and_counts_the_others() -> None:
    refs = [f"support/m{number}@1" for number in range(10)]
    assert listed(refs[:2]) == "support/m0@1, support/m1@1"
    assert listed(refs[:8]).endswith("support/m7@1")
    assert listed(refs).endswith("support/m7@1 and 2 more")
