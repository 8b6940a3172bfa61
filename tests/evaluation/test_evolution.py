"""How skills went from version to version, and the matrix page by page."""

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog import queries, upkeep
from aird.catalog.models import Visibility
from aird.catalog.routes import router as catalog
from aird.evaluation.routes import router
from tests.evaluation.conftest import School
from tests.evaluation.test_pairing import ITEMS, sit
from tests.requests.web import Call, people_of

PATH = "/models/support/desk/skills"


@pytest.fixture
def person(school: School) -> Call:
    return people_of(school.world, router, catalog)


def test_a_model_shows_what_each_version_won_and_lost_against_the_one_before(school: School, person: Call) -> None:
    suite = school.suite("support/mail", exam=ITEMS)
    versions = [school.world.version("support/desk") for _ in range(3)]
    for version, share in zip(versions, (2, 4, 5), strict=True):
        sit(school, version, suite, [n % share == 0 for n in range(200)])
    school.world.score(versions[2], "support/words", 0.7)  # measured elsewhere, without its items
    history = person("lin").get(PATH).json()
    assert [course["suite"] for course in history["courses"]] == ["support/mail", "support/words"]
    points = history["courses"][0]["points"]
    assert [(point["version"], point["score"]) for point in points] == [(1, 0.5), (2, 0.25), (3, 0.2)]
    assert points[0]["step"] is None
    assert (points[1]["step"]["against"], points[1]["step"]["won"], points[1]["step"]["lost"]) == (1, 0, 50)
    assert points[1]["step"]["low"] < points[1]["step"]["difference"] == -0.25 < points[1]["step"]["high"]
    assert (points[2]["step"]["won"], points[2]["step"]["lost"]) == (30, 40)
    assert history["courses"][1]["points"][0]["step"] is None
    assert person("lin").get(PATH, params={"limit": 1}).json()["cut"] is True


def test_a_model_that_was_never_measured_has_an_empty_history(school: School, person: Call) -> None:
    school.world.version("support/desk")
    assert person("lin").get(PATH).json() == {"model": "support/desk", "courses": [], "cut": False}
    assert person("lin").get("/models/support/desks/skills").status_code == 404


def test_the_skills_of_a_private_model_are_for_those_who_see_it(school: School, person: Call) -> None:
    school.world.score(school.world.version("support/desk"), "support/words", 0.7)
    with school.world.database.write() as session:
        upkeep.change(session, SYSTEM, queries.get_model(session, "support/desk"), visibility=Visibility.PRIVATE)
    assert person("lin").get(PATH).json()["courses"]
    assert person("omar").get(PATH).status_code == 404


def test_the_matrix_comes_page_by_page_and_only_with_what_was_measured(school: School, person: Call) -> None:
    for name in ("finance/books", "support/desk"):
        for score in (0.5, 0.6):
            school.world.score(school.world.version(name), "support/words", score)
    school.world.version("support/desk")  # not measured
    school.world.score(school.world.version("platform/tool"), "support/mail", 0.9)
    noor, refs, cursor = person("noor"), [], None
    while True:
        page = noor.get("/skills", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        refs += [row["ref"] for row in page["rows"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert refs == ["finance/books@2", "finance/books@1", "platform/tool@1", "support/desk@2", "support/desk@1"]
    newest = noor.get("/skills", params={"all": False}).json()
    assert [row["ref"] for row in newest["rows"]] == ["finance/books@2", "platform/tool@1", "support/desk@2"]
    words = noor.get("/skills", params={"suite": "support/words", "department": "support"}).json()
    assert (words["suites"], len(words["rows"])) == (["support/words"], 2)
    assert noor.get("/skills", params={"cursor": "nonsense"}).status_code == 400
