"""Which states a plan and its stages go through. Pure.

plan:   running ──> succeeded            every stage has passed and the profile is reached
           │ ▲
           ▼ │ (advance, apply)
        stopped                          a stage has failed; what follows it does not start
           running, stopped ──> cancelled

stage:  waiting ──> running ──> examining ──> passed
                       └───────────┴────────> failed ──> waiting (somebody advances the plan, or applies it changed)
"""

from enum import StrEnum


class PlanState(StrEnum):
    """How far a plan is."""

    RUNNING = "running"  # its stages start as what they need has passed
    STOPPED = "stopped"  # waits for somebody to mend what has failed
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


class StageState(StrEnum):
    """How far a stage is."""

    WAITING = "waiting"  # for the stages that it needs
    RUNNING = "running"  # its job makes the version, or examines
    EXAMINING = "examining"  # what it made sits the plan's exams
    PASSED = "passed"
    FAILED = "failed"


AT_WORK = frozenset({StageState.RUNNING, StageState.EXAMINING})
OPEN = frozenset({PlanState.RUNNING, PlanState.STOPPED})
