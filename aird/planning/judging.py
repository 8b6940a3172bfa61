"""Judge what a stage made: its gate, its budget of forgetting, the role; and say what would fix what failed.

The scores are those of the version itself, so of the digest that would be deployed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from aird.catalog.models import Version
from aird.core.schemas import Finding
from aird.evaluation import gates
from aird.evaluation import queries as evaluation_queries
from aird.evaluation.gates import GateLine, Reason
from aird.evaluation.schemas import GateLineRead
from aird.planning import forgetting, recipe
from aird.planning.recipe import Budget, Level
from aird.planning.schemas import DropRead, ForgettingRead, MissingRead, ScoreRead, StageReport
from aird.store.artifacts import Store

NOT_COMPARABLE = {
    Reason.REFERENCE_NOT_MEASURED: "the reference has not sat this exam",
    Reason.REFERENCE_AT_ZERO: "the reference has nothing right",
    Reason.ITEMS_NOT_KEPT: "the outcomes of the single items were not kept",
}
"""Why a gate that compares could not be judged, in words."""


@dataclass(frozen=True)
class Before:
    """The stages that had to pass before this one, first ones first: their scores, and what each teaches."""

    rows: Sequence[tuple[str, Mapping[str, float]]]
    taught: Mapping[str, str]


def judge(
    session: Session,
    store: Store,
    version: Version,
    rules: Mapping[str, Any],
    suites: Sequence[str],
    before: Before,
    stand_for: Callable[[str], str],
) -> tuple[StageReport, list[Finding]]:
    """(what the version scored and how that was judged, what failed); no findings: the stage has passed."""
    found = evaluation_queries.scores(session, version)
    scores = {suite: ScoreRead.model_validate(asdict(found[suite])) for suite in suites if suite in found}
    row = {suite: each.score for suite, each in scores.items()}
    lines = _lines(session, store, version, rules["gate"], stand_for)
    lost = forgetting.compare(row, before.rows, before.taught, teaches=rules["teaches"])
    report = StageReport(
        scores=scores,
        gate=[GateLineRead.model_validate(line) for line in lines],
        forgetting=ForgettingRead(
            average=lost.average,
            backward=lost.backward,
            forward=lost.forward,
            worst=DropRead.model_validate(asdict(lost.worst)) if lost.worst else None,
        ),
    )
    failing = [_gate_finding(line, version) for line in lines if not line.passed]
    return report, [*failing, *_budget_findings(Budget.model_validate(rules["forgetting"]), lost, version)]


def missing(profile: Sequence[Level], row: Mapping[str, float]) -> list[MissingRead]:
    """The skills of the role that this row does not reach."""
    return [
        MissingRead(suite=each.suite, level=each.level, found=row.get(each.suite))
        for each in profile
        if row.get(each.suite, -1.0) < each.level - gates.TOLERANCE
    ]


def _lines(
    session: Session, store: Store, version: Version, stored: Sequence[dict[str, Any]], stand_for: Callable[[str], str]
) -> tuple[GateLine, ...]:
    filled = [recipe.rule_of(each, stand_for, key="gate").model_dump(mode="json") for each in stored]
    rules = [evaluation_queries.stored_rule(each) for each in filled]
    return evaluation_queries.check_rules(session, store, version, [("stage", rules)]).lines


def _gate_finding(line: GateLine, version: Version) -> Finding:
    params = {"suite": line.suite, "version": version.ref, "wanted": line.wanted, "found": line.found}
    if line.reason is Reason.NOT_MEASURED:
        message = f"{version.ref} has not sat {line.suite}. Add the exam to the plan's `suites` and apply it again."
        return _stop("gate_not_measured", message, params)
    if line.reason in (Reason.NOT_PROVEN, Reason.WORSE):
        return _paired_finding(line, version, params)
    if line.reason is not Reason.TOO_LOW or line.found is None:
        why = NOT_COMPARABLE.get(line.reason, line.reason.value)
        message = f"{line.suite}: {why}. Have the reference sit the exam, or change the rule, and apply the plan again."
        return _stop("gate_reference", message, {**params, "reason": line.reason.value})
    message = (
        f"{version.ref} has {line.found:.3f} in {line.suite}, {line.wanted:.3f} is wanted. {_hint(line)}Give the stage "
        "more or better data, more steps or a better teacher, or lower the gate; then apply the plan again: this stage "
        "and what follows it run."
    )
    return _stop("gate_too_low", message, {**params, "low": line.low, "high": line.high, "items": line.items})


def _paired_finding(line: GateLine, version: Version, params: dict[str, Any]) -> Finding:
    found = "" if line.found is None else f" by {line.found:+.3f} (95 % interval {line.low:+.3f} to {line.high:+.3f})"
    message = (
        f"{version.ref} differs from {line.reference} in {line.suite}{found} on {line.items} items; {line.measure} "
        f"wants {line.wanted:+.3f}. "
    )
    if line.reason is Reason.NOT_PROVEN:
        message += "The items do not prove it: give the exam more items, or the stage more of what it needs"
    else:
        message += "Give the stage more or better data, or merge it with the reference"
    return _stop(f"gate_{line.reason}", f"{message}; or change the rule. Then apply the plan again.", params)


def _hint(line: GateLine) -> str:
    """Said where the exam is too short to tell."""
    if line.low is None or line.high is None or not line.low <= line.wanted <= line.high:
        return ""
    return (
        f"Its {line.items} items leave both possible (95 % interval {line.low:.3f} to {line.high:.3f}): an exam of "
        "more items would tell. "
    )


def _budget_findings(budget: Budget, lost: forgetting.Forgetting, version: Version) -> list[Finding]:
    found = []
    worst, backward = lost.worst, lost.backward
    if budget.max_drop is not None and worst is not None and worst.points > budget.max_drop + gates.TOLERANCE:
        message = (
            f"{version.ref} has forgotten: {worst.suite} fell from {worst.was:.3f} after stage {worst.best_in} to "
            f"{worst.now:.3f}, {worst.points:.3f} where {budget.max_drop:.3f} is the budget. Train the stage from the "
            f"common base and merge it with {worst.best_in} (template `career`), mix in some of its data, or raise "
            "the budget; then apply the plan again."
        )
        params = {**asdict(worst), "budget": budget.max_drop, "version": version.ref}
        found.append(_stop("forgot_too_much", message, params))
    least = budget.min_backward
    if least is not None and backward is not None and backward < least - gates.TOLERANCE:
        message = (
            f"What earlier stages taught {version.ref} changed by {backward:+.3f} on average, at least {least:+.3f} is "
            "wanted. Merge stage adapters of a common base instead of training one on (template `career`), or raise "
            "the budget; then apply the plan again."
        )
        params = {"backward": backward, "budget": least, "version": version.ref}
        found.append(_stop("backward_too_low", message, params))
    return found


def profile_findings(found: Sequence[MissingRead], stage: str, teachers: Mapping[str, str]) -> list[Finding]:
    """What the finished plan does not reach of the role, and which stage would have to teach it."""
    findings = []
    for each in found:
        lacks = (
            f"{each.suite} was not measured after {stage}, the role asks for {each.level:.3f}."
            if each.found is None
            else f"{each.suite} is {each.found:.3f} after {stage}, the role asks for {each.level:.3f}."
        )
        where = (
            f"Give its stage {teachers[each.suite]} more data or steps"
            if each.suite in teachers
            else f"No stage teaches it: add one with `teaches: [{each.suite}]`"
        )
        message = f"{lacks} {where}, and apply the plan again."
        findings.append(_stop("profile_missing", message, {**each.model_dump(), "stage": stage}))
    return findings


def _stop(code: str, message: str, params: dict[str, Any]) -> Finding:
    return Finding(level="stop", code=code, message=message, params=params)


def refused(code: str, message: str, **params: Any) -> Finding:
    """What kept a stage from being done at all."""
    return _stop(code, message, params)
