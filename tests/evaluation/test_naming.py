"""What an examination's job says by name."""

import pytest

from aird.catalog import queries
from aird.catalog.models import Visibility
from aird.evaluation import comparing
from aird.evaluation.models import Question
from aird.evaluation.routes import router
from aird.jobs.models import Job
from aird.jobs.routes import router as jobs
from tests.evaluation.conftest import School
from tests.evaluation.test_service import order
from tests.requests.web import Call, people_of


@pytest.fixture
def person(school: School) -> Call:
    return people_of(school.world, router, jobs)


def ordered(school: School) -> Job:
    versions = [school.world.version("support/desk"), school.world.version("finance/books")]
    return order(school, versions, [school.suite()])


def test_an_examination_names_its_versions_and_exams_in_their_order(school: School, person: Call) -> None:
    found = person("lin").get(f"/evaluations/jobs/{ordered(school).id}").json()
    assert [each["ref"] for each in found["versions"]] == ["support/desk@1", "finance/books@1"]
    assert (found["suites"], found["hidden"]) == ([{"name": "support/exam", "title": "Mail"}], 0)


def test_a_private_version_is_counted_and_not_named(school: School, person: Call) -> None:
    job = ordered(school)
    with school.world.database.write() as session:
        queries.get_model(session, "finance/books").visibility = Visibility.PRIVATE
    found = person("lin").get(f"/evaluations/jobs/{job.id}").json()
    assert ([each["ref"] for each in found["versions"]], found["hidden"]) == (["support/desk@1"], 1)


def test_a_comparison_names_the_version_and_then_the_reference(school: School, person: Call) -> None:
    version, reference = school.world.version("support/desk"), school.world.version("support/old")
    suite = school.suite()
    with school.world.database.write() as session:
        job = comparing.order(session, school.world.actor("sam"), version, reference, [suite], Question.BETTER)
    found = person("lin").get(f"/evaluations/jobs/{job.id}").json()
    assert [each["ref"] for each in found["versions"]] == ["support/desk@1", "support/old@1"]


def test_another_departments_job_and_an_unknown_one_are_not_found(school: School, person: Call) -> None:
    path = f"/evaluations/jobs/{ordered(school).id}"
    assert person("sam").get(path).status_code == 200
    assert person("omar").get(path).json()["code"] == "job_not_found"
