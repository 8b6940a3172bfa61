"""Who works in the sample organisation."""

from aird.sample.departments import departments
from aird.sample.people import PEOPLE, PLATFORM


def test_somebody_answers_for_each_department() -> None:
    leads = sorted(department for _, role, department in PEOPLE.values() if role == "lead" and department)
    assert leads == sorted([*(each.key for each in departments()), PLATFORM])
