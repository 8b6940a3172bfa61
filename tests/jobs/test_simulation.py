"""Twenty departments, ten thousand jobs: fair, nobody starves, nothing is given out twice."""

from collections import Counter

import pytest

from aird.jobs.house import Quota
from tests.jobs.simulation import Simulation, jain, rooms, workload

DESERVED = {f"department-{number:02}": 2 * (2 + number % 7 + (4 if number < 4 else 0)) for number in range(20)}
MACHINES = sum(DESERVED.values()) // 8


def checked(simulation: Simulation) -> None:
    """Nothing is held twice, no machine holds more than it has, no limit is passed."""
    taken = Counter(
        (work.holding.worker, seat.machine, chip)
        for work in simulation.running.values() if work.holding
        for seat in work.holding.seats for chip in seat.chips
    )  # fmt: skip
    assert all(count == 1 for count in taken.values())
    assert len(taken) <= MACHINES * 8
    firm = Counter[str]()
    for work in simulation.running.values():
        assert work.holding is not None
        if not work.needs.preemptible:
            firm[work.department] += work.needs.chips
    assert all(chips <= DESERVED[name] for name, chips in firm.items())


@pytest.mark.slow
def test_twenty_departments_get_what_they_deserve_and_ten_thousand_jobs_all_end() -> None:
    quotas = {(name, "h100"): Quota(deserved=deserved) for name, deserved in DESERVED.items()}
    simulation = Simulation(rooms(MACHINES, 8), quotas)
    jobs = workload(7, DESERVED, 10_000, (1, 1, 2, 2, 4))
    for each in jobs:
        simulation.order(each)

    shares: list[float] = []
    while simulation.running or any(simulation.waiting.values()):
        simulation.step()
        checked(simulation)
        wanting = {name for (name, _, _), group in simulation.waiting.items() if group}
        if not shares and len(wanting) < len(DESERVED):  # the first department has nothing left that waits
            shares = [simulation.served[name, "h100"] / deserved for name, deserved in DESERVED.items()]
            used = sum(simulation.served.values()) / simulation.now / (MACHINES * 8)
    assert jain(shares) >= 0.95
    assert min(shares) >= 0.8 * sum(shares) / len(shares)
    assert used >= 0.9
    assert len(simulation.done) == len(jobs)
    assert simulation.preempted < len(jobs) / 5
