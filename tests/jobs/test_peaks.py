"""What jobs took at their peak corrects the memory of those to come: of the most alike, of about their size."""

from typing import Any

import pytest

from aird.jobs import estimates, peaks, service
from aird.jobs.lifecycle import FailureClass
from aird.jobs.models import Job
from aird.jobs.needs import CPU, Estimate, Needs
from aird.jobs.peaks import Past
from aird.metering import service as metering
from aird.testing import World
from tests.jobs.sample_tasks import Echo

GIB = 2**30
H100 = "h100-80gb-hbm3"


def past(factor: float, *, chip: str = H100, architecture: str = "llama", rule: int = 10 * GIB) -> Past:
    return Past(chip, architecture, rule, round(factor * rule))


def correct(found: list[Past], rule: int = 10 * GIB, chip: str = "h100", architecture: str = "llama") -> peaks.Peak:
    return peaks.correct(rule, found, chip=chip, architecture=architecture)


def test_nine_of_ten_stayed_below_what_is_said() -> None:
    found = correct([past(0.5 + 0.02 * n) for n in range(20)])
    assert (found.memory / found.rule, found.jobs) == (pytest.approx(0.86), 20)


def test_those_on_the_same_chip_with_the_same_architecture_speak_first() -> None:
    here, same, others = [past(0.8)] * 3, [past(1.5, chip="a100-80gb")] * 3, [past(3.0, architecture="qwen2")] * 3
    assert correct(here + same + others).alike == ("chip", "architecture")
    assert correct(here + same + others).memory == pytest.approx(8 * GIB, abs=1)
    assert (correct(here[:2] + same).alike, correct(here[:2] + same).jobs) == (("architecture",), 5)
    assert (correct(here[:2] + others).alike, correct(here[:2] + others).jobs) == ((), 5)
    assert correct(here[:2]) == peaks.Peak(10 * GIB, 10 * GIB)


def test_a_job_of_another_size_says_nothing() -> None:
    small = [past(0.2, rule=GIB)] * 5
    assert correct(small).jobs == 0
    assert correct(small, rule=3 * GIB).jobs == 5


def test_nothing_is_known_of_an_architecture_without_a_name() -> None:
    assert correct([past(2.0, architecture="")] * 3, architecture="").alike == ()


def done(world: World, rule: Estimate, **as_it_was: Any) -> None:
    """A job with this estimate that has ended."""
    with world.database.write() as session:
        job = service.enqueue(
            session, world.actor("sam"), "test.echo", Echo(), title="t",
            department_id=world.department_id("support"), estimate=rule,
        )  # fmt: skip
        session.flush()
        found = session.get_one(Job, job.id)
        found.state, found.attempt = found.state.SUCCEEDED, 1
        for name, value in as_it_was.items():
            setattr(found, name, value)
        metering.record_job(session, job.id, 1, "test.echo", job.department_id, 1000)


def test_past_peaks_correct_an_estimate_once_and_it_says_how_many_they_were(world: World) -> None:
    rule = Estimate(seconds=1, memory=2 * GIB)

    def told(estimate: Estimate, architecture: str = "llama") -> Estimate:
        with world.database.read() as session:
            return estimates.calibrated(session, "test.echo", estimate, architecture=architecture)

    first = told(rule)
    assert (first.memory, first.rule_memory, first.memory_jobs) == (2 * GIB, 2 * GIB, 0)
    for factor in (1.2, 1.3):
        done(world, first, peak_memory=round(factor * 2 * GIB))
    done(world, first, peak_memory=None)
    assert told(rule).memory_jobs == 0
    done(world, first, peak_memory=3 * GIB, state="failed", failure=FailureClass.OOM)
    learnt = told(rule)
    assert (learnt.memory, learnt.memory_jobs, learnt.memory_alike) == (3 * GIB, 3, ["chip", "architecture"])
    assert told(learnt).memory == 3 * GIB
    assert told(rule, "qwen2").memory_alike == []
    assert peaks.chip_of(Needs()) == CPU
