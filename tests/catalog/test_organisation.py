"""Who answers for what."""

from aird.auth.permissions import Role
from aird.catalog import queries
from aird.catalog.models import Visibility
from aird.catalog.organisation import organisation
from aird.catalog.schemas_organisation import DepartmentCard
from aird.testing import World


def cards(world: World, username: str) -> dict[str, DepartmentCard]:
    with world.database.read() as session:
        return {each.key: each for each in organisation(session, world.actor(username)).departments}


def test_a_department_shows_its_people_and_counts_its_models(world: World) -> None:
    world.version("support/mail")
    world.version("support/mail")
    world.version("support/calls")
    support = cards(world, "sam")["support"]
    assert [(each.username, each.role) for each in support.people] == [("lin", Role.LEAD)]
    assert (support.models, support.orphan) == (2, False)


def test_a_department_without_a_lead_is_an_orphan(world: World) -> None:
    found = cards(world, "sam")
    assert found["platform"].orphan
    assert not found["hr"].orphan


def test_a_private_model_is_not_counted_for_other_departments(world: World) -> None:
    world.version("hr/secret")
    with world.database.write() as session:
        queries.get_model(session, "hr/secret").visibility = Visibility.PRIVATE
    assert cards(world, "mei")["hr"].models == 1
    assert cards(world, "omar")["hr"].models == 0


def test_those_who_work_for_the_whole_house_stand_apart(world: World) -> None:
    with world.database.read() as session:
        house = organisation(session, world.actor("lin")).house
    assert {each.username for each in house} == {"sam", "noor", "ada"}
