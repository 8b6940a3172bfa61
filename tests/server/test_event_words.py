"""What the audit log may say happened has words in the pages: the kind of thing, and what became of it."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from aird.approval.standing import ApprovalState
from aird.catalog.models import AccessState, RefKind
from aird.deploy.delivery.models import RolloutState

ROOT = Path(__file__).resolve().parents[2]
WORDS = json.loads((ROOT / "web/src/locales/en/audit.json").read_text(encoding="utf-8"))
WRITERS = ("approval", "auth", "catalog", "datasets", "deploy", "evaluation", "finetuning", "hub", "jobs", "metering",
           "planning", "requests", "server", "store")  # fmt: skip
PUT_IN = [
    *((f"approval.approval.{state}") for state in ApprovalState if state is not ApprovalState.CHANGES_REQUESTED),
    *((f"catalog.access.{state}") for state in AccessState),
    *((f"deploy.rollout.{state}") for state in (*RolloutState, "started", "advanced", "undecided")
      if state not in (RolloutState.RUNNING, RolloutState.INCONCLUSIVE)),
    *((f"hub.{kind}.{word}") for kind in RefKind for word in ("created", "deleted")),
    *((f"datasets.feedback.{word}") for word in ("given", "changed")),
    *((f"deploy.capture.{word}") for word in ("switched_on", "switched_off", "changed")),
]  # fmt: skip
"""Events whose last word is put in at run time; those from a table named _PAST are read from the source."""


def written() -> Iterator[str]:
    """Every event that the source names whole, and those that it takes from a table."""
    for slice_ in WRITERS:
        for path in (ROOT / "aird" / slice_).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            past = [
                each.value
                for node in tree.body
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
                if any(isinstance(target, ast.Name) and target.id == "_PAST" for target in node.targets)
                for each in node.value.values
                if isinstance(each, ast.Constant)
            ]
            for node in ast.walk(tree):
                if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record"):
                    continue
                event = node.args[2]
                if isinstance(event, ast.Constant):
                    yield str(event.value)
                elif isinstance(event, ast.JoinedStr) and "_PAST" in ast.unparse(event):
                    start = event.values[0]
                    assert isinstance(start, ast.Constant)
                    yield from (f"{start.value}{word}" for word in past)


def test_each_event_has_words_for_its_subject_and_for_what_became_of_it() -> None:
    events = [*written(), *PUT_IN]
    assert {"jobs.job.queued", "requests.request.proposed", "catalog.version.nominated"} < set(events)
    wordless = [
        event
        for event in sorted(set(events))
        for _, thing, act in [event.split(".")]
        if thing not in WORDS["things"] or not ({act, f"{thing}_{act}"} & set(WORDS["acts"]))
    ]
    assert wordless == []
