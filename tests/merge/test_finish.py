"""Whose questions a merge reads: named ones, what the parents were trained on, and what nobody may take."""

from typing import Any

import pytest

from aird.auth.permissions import Actor
from aird.catalog import queries as catalog_queries
from aird.catalog.models import DatasetUse, Kind, Version
from aird.core.errors import NotPermitted
from aird.core.recipe_yaml import RecipeRefused
from aird.datasets.models import DatasetVersion
from aird.evaluation import service as evaluation
from aird.merge import finish
from aird.merge.finish import Parent
from aird.merge.recipe.questions import Finish, Prompts, read_prompts
from aird.merge.schemas_jobs import PromptUse
from tests.tiny import CHATS, PROMPTS, QUESTIONS, Workshop

MAIL, CALLS = "support/mail@1", "support/calls@1"


class Desk:
    """Two adapters; `mail` was trained on a data set, `calls` on one more where it is asked for."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop, world = workshop, workshop.world
        base = world.version("platform/base", kind=Kind.BASE)
        self.mail, self.calls = (
            world.version(f"support/{name}", kind=Kind.ADAPTER, base=base) for name in ("mail", "calls")
        )
        self.mails = workshop.dataset("support/mails", train=CHATS, unlabelled=PROMPTS, exam=QUESTIONS)
        self.used(self.mail, self.mails)

    def used(self, version: Version, dataset: DatasetVersion) -> None:
        with self.workshop.world.database.write() as session:
            session.add(DatasetUse(version_id=version.id, digest=dataset.artifact, ref=dataset.ref))

    def parents(self, weights: tuple[float, float]) -> list[Parent]:
        with self.workshop.world.database.read() as session:
            versions = [catalog_queries.get_ref(session, ref) for ref in (MAIL, CALLS)]
        return [Parent(version, weight) for version, weight in zip(versions, weights, strict=True)]

    def prompts(
        self,
        *named: dict[str, Any],
        by: str = "sam",
        weights: tuple[float, float] = (1.0, 1.0),
        key: str = "aird.prompts",
    ) -> list[PromptUse]:
        asked: tuple[Prompts, ...] = read_prompts(list(named)) if named else ()
        with self.workshop.world.database.read() as session:
            return finish.resolve_prompts(session, self.actor(by), asked, self.parents(weights), key=key)

    def actor(self, name: str) -> Actor:
        return self.workshop.world.actor(name)


@pytest.fixture
def desk(workshop: Workshop) -> Desk:
    return Desk(workshop)


def said(uses: list[PromptUse]) -> list[tuple[str, str, int | None]]:
    return [(use.ref, use.split, use.limit) for use in uses]


def named(version: str, **more: Any) -> dict[str, Any]:
    return {"version": version, "dataset": "support/mails", **more}


def test_named_questions_stand_in_the_order_of_the_parents(desk: Desk) -> None:
    found = desk.prompts(named("support/calls", split="train", limit=2), named(MAIL))
    assert said(found) == [("support/mails@1", "unlabelled", None), ("support/mails@1", "train", 2)]
    assert [use.version_id for use in found] == [desk.mail.id, desk.calls.id]
    assert found[0].artifact == desk.mails.artifact


def test_by_default_each_parent_speaks_of_what_it_was_trained_on(desk: Desk) -> None:
    desk.used(desk.calls, desk.workshop.dataset("support/phone", train=CHATS))
    assert said(desk.prompts()) == [("support/mails@1", "unlabelled", None), ("support/phone@1", "train", None)]


def test_a_parent_of_which_nothing_is_known_has_to_be_given_questions(desk: Desk) -> None:
    with pytest.raises(RecipeRefused, match=CALLS) as refused:
        desk.prompts()
    assert refused.value.params["reason"] == "no_prompts"
    assert f"'aird.prompts: [{{version: {CALLS}" in refused.value.message
    with pytest.raises(RecipeRefused, match=r"'aird\.finish\.prompts: "):
        desk.prompts(key="aird.finish")
    assert len(desk.prompts(named(MAIL), named(CALLS))) == 2


def test_a_parent_that_is_subtracted_does_not_teach(desk: Desk) -> None:
    assert said(desk.prompts(weights=(1.0, -0.5))) == [("support/mails@1", "unlabelled", None)]
    assert len(desk.prompts(named(MAIL), weights=(1.0, -0.5))) == 1


def test_questions_for_one_parent_alone_are_refused(desk: Desk) -> None:
    with pytest.raises(RecipeRefused, match="crowd"):
        desk.prompts(named(MAIL))


def test_only_parents_can_speak(desk: Desk) -> None:
    with pytest.raises(RecipeRefused) as refused:
        desk.prompts(named(MAIL), named(CALLS), named("platform/base@1"))
    assert refused.value.params == {"reason": "not_a_parent", "key": "aird.prompts[2].version"}


def test_an_exam_is_not_practised(desk: Desk) -> None:
    exam = named(MAIL, split="exam")
    assert len(desk.prompts(exam, named(CALLS))) == 2
    with desk.workshop.world.database.write() as session:
        evaluation.add_suite(session, desk.actor("sam"), "support/exam", "Mail", desk.mails)
    with pytest.raises(RecipeRefused) as refused:
        desk.prompts(exam, named(CALLS))
    assert refused.value.params == {"reason": "no_split", "key": "aird.prompts[0].split"}


@pytest.mark.parametrize("more", [{"dataset": "support/nothing"}, {"split": "dev"}])
def test_questions_that_are_not_there_are_refused(desk: Desk, more: dict[str, Any]) -> None:
    with pytest.raises(RecipeRefused):
        desk.prompts({**named(MAIL), **more}, named(CALLS))


def test_who_may_not_read_the_questions_may_not_have_them_read(desk: Desk) -> None:
    with pytest.raises(NotPermitted):
        desk.prompts(named(MAIL, split="train"), named(CALLS), by="omar")


def test_a_finish_has_every_default_written_out(desk: Desk) -> None:
    asked = read_prompts([named(MAIL), named(CALLS)])
    with desk.workshop.world.database.read() as session:
        use = finish.resolve_finish(session, desk.actor("sam"), Finish(), asked, desk.parents((1, 1)))
    assert (use.settings["steps"], use.settings["loss"]) == (240, "forward_kl")
    shown = finish.read(use, [desk.mail, desk.calls])
    assert shown["prompts"][0] == {"version": MAIL, "dataset": "support/mails@1", "split": "unlabelled", "limit": None}


def test_a_finish_learns_at_the_rate_that_its_parents_shapes_ask_for(desk: Desk) -> None:
    asked = read_prompts([named(MAIL), named(CALLS)])
    shapes = {"q_proj": [512, 512], "gate_proj": [1536, 512], "down_proj": [512, 1536]}
    with desk.workshop.world.database.read() as session:
        parents = desk.parents((1, 1))
        for parent in parents:
            parent.version.facts = {"shapes": shapes}
        use = finish.resolve_finish(session, desk.actor("sam"), Finish(), asked, parents)
    assert use.settings["learning_rate"] == 1.5e-3


def test_a_finish_is_offered_where_questions_of_every_parent_are_at_hand(desk: Desk) -> None:
    def offered(by: str = "sam") -> bool:
        with desk.workshop.world.database.read() as session:
            return finish.offered(session, desk.actor(by), desk.parents((1, 1))) is not None

    assert not offered()
    desk.used(desk.calls, desk.mails)
    assert offered()
    assert not offered("omar")
