"""What speaks for and against a version that is asked for: the list that its reviewer reads. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aird.approval.standing import ASKABLE
from aird.catalog.lifecycle import VersionState
from aird.evaluation.gates import GateReport
from aird.requests.lifecycle import RequestState


class Point(StrEnum):
    """What is looked at; stable and translatable."""

    IN_SERVICE = "version_in_service"
    SAME_BYTES = "digest_unchanged"
    SAME_EVIDENCE = "evidence_unchanged"
    REQUEST_IN_REVIEW = "request_in_review"
    GATES_DEFINED = "gates_defined"
    GATES_PASSED = "gates_passed"
    NO_DIFFERENCES = "no_differences"
    SOMEBODY_MAY_SIGN = "somebody_may_sign"


@dataclass(frozen=True)
class Line:
    """One point; `detail` says what was found."""

    code: Point
    ok: bool
    detail: str


def readiness(
    *,
    version: VersionState,
    request: RequestState,
    asked: str,
    artifact: str,
    report: GateReport,
    differences: Sequence[str] = (),
    evidence_unchanged: bool = True,
    deciders: Sequence[str] = (),
) -> list[Line]:
    """Every point; `asked` and `artifact` are the digests of the approval and of the version.

    `differences` name what is not the base's; they stay an open point until the signature accepts each of them.
    `deciders` are the people whose signature would count: one of them is needed.
    """
    failing = [f"{line.suite or 'every suite'} ({line.reason.value})" for line in report.failing]
    passed = f"{len(report.lines) - len(failing)} of {len(report.lines)} rules"
    return [
        Line(Point.IN_SERVICE, version in ASKABLE, f"The version is {version}."),
        Line(Point.SAME_BYTES, asked == artifact, asked),
        Line(Point.SAME_EVIDENCE, evidence_unchanged, "Gates and exam report against those that were asked for."),
        Line(Point.REQUEST_IN_REVIEW, request is RequestState.IN_REVIEW, f"The request is {request}."),
        Line(Point.GATES_DEFINED, bool(report.lines), f"{len(report.lines)} rules guard this department."),
        Line(Point.GATES_PASSED, report.passed, "; ".join([passed, *failing])),
        Line(Point.NO_DIFFERENCES, not differences, ", ".join(differences)),
        Line(Point.SOMEBODY_MAY_SIGN, bool(deciders), f"Needs one of: {', '.join(deciders[:8]) or 'nobody yet'}."),
    ]
