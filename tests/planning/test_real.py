"""A whole plan with real jobs: two trainings, a merge of what they made, exams in between."""

from typing import Any

import pytest
import yaml

from aird.jobs import inline, registry
from aird.jobs.lifecycle import JobState
from aird.planning import queries, service, views
from aird.worker import TASK_MODULES
from tests.tiny import CHATS, Workshop, tiny, workshop

assert tiny  # fixtures
assert workshop
PAPER = [
    {"id": f"p{n}", "messages": [{"role": "user", "content": text}], "choices": ["a", "b", "c"], "answer": 0}
    for n, text in enumerate(("Who pays for the autumn fair?", "Where is the blue ledger kept?", "When do we close?"))
]
"""Nothing of it was practised: what was would keep a data set from being learnt."""


def training(model: str, dataset: str) -> dict[str, Any]:
    settings = {"steps": 2, "batch_size": 2, "max_length": 64, "lora": {"r": 2, "alpha": 4}}
    return {"model": model, "base": "platform/tiny@1", "datasets": [dataset], "settings": settings}


@pytest.mark.slow
def test_a_plan_is_worked_off_by_a_worker(workshop: Workshop) -> None:
    workshop.model("platform/tiny", "base")
    workshop.dataset("support/mail", train=CHATS)
    workshop.dataset("support/calls", train=CHATS[:3])
    workshop.suite("support/exam", exam=PAPER)
    parents = [{"model": f"${{stage.{name}}}", "parameters": {"weight": 0.5}} for name in ("mail", "calls")]
    stages: dict[str, Any] = {
        "mail": {"train": training("support/mail", "support/mail@1"), "teaches": ["support/exam"]},
        "calls": {"train": training("support/calls", "support/calls@1")},
        "lead": {"merge": {"merge_method": "linear", "models": parents, "aird": {"model": "support/lead"}}},
        "review": {
            "exam": {"versions": ["${stage.lead}"], "suites": ["support/exam"]},
            "gate": [{"suite": "support/exam", "measure": "noninferior", "reference": "${stage.lead}", "margin": 0.9}],
        },
    }
    text = yaml.safe_dump({"metadata": {"name": "support/plan"}, "spec": {"stages": stages}})
    world, sam = workshop.world, workshop.world.actor("sam")
    with world.database.write() as session:
        service.apply(session, world.store, sam, text)
    registry.load(TASK_MODULES)
    while (job := inline.run_next(world.database, world.store, world.settings)) is not None:
        assert job.state is JobState.SUCCEEDED, f"{job.kind}: {job.error_message}"
    with world.database.read() as session:
        plan = views.plan_read(session, sam, queries.get_plan(session, sam, "support/plan"))
    assert (plan.state, plan.passed) == ("succeeded", 4), plan.reason
    assert plan.board[2].version == "support/lead@1"
    assert [list(stage.report.scores) for stage in plan.board] == [["support/exam"]] * 4
    assert plan.board[3].report.gate[0].passed
    assert plan.saving.spent_seconds > 0
