"""Who answers for what: departments, their people, how many models each has, and what nobody answers for."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.auth.models import Department, Membership, Person
from aird.auth.permissions import Actor, Role
from aird.catalog import access
from aird.catalog.models import Model
from aird.catalog.schemas_organisation import DepartmentCard, OrganisationRead, RoleHolder


def organisation(session: Session, actor: Actor) -> OrganisationRead:
    """Every department by key with the models that the actor may see counted."""
    holders = _holders(session)
    counted = access.visible(select(Model.department_id, func.count()).group_by(Model.department_id), actor)
    models: dict[UUID, int] = {row[0]: row[1] for row in session.execute(counted)}
    cards = []
    for each in session.scalars(select(Department).order_by(Department.key)):
        people, number = holders[each.id], models.get(each.id, 0)
        orphan = not any(holder.role is Role.LEAD for holder in people)
        cards.append(
            DepartmentCard(
                key=each.key, title=each.title, sample=each.sample, people=people, models=number, orphan=orphan
            )
        )
    return OrganisationRead(house=holders[None], departments=cards)


def _holders(session: Session) -> defaultdict[UUID | None, list[RoleHolder]]:
    """Active people and their roles by department; None is the whole organisation."""
    found: defaultdict[UUID | None, list[RoleHolder]] = defaultdict(list)
    query = (
        select(Membership.department_id, Membership.role, Person.username, Person.display_name)
        .join(Person, Person.id == Membership.person_id)
        .where(Person.active)
        .order_by(Person.username, Membership.role)
    )
    for row in session.execute(query):
        found[row.department_id].append(RoleHolder(username=row.username, display_name=row.display_name, role=row.role))
    return found
