"""Change a person's own desk. Nothing here is audited: it is nobody else's business."""

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.core.errors import NotAuthenticated
from aird.notices import queries
from aird.notices.models import Desk, Tour


def own_desk(session: Session, actor: Actor) -> Desk:
    """The actor's desk, opened when it is the first time."""
    if actor.id is None:
        raise NotAuthenticated("The house itself has no desk. Sign in as a person.")
    found = queries.desk(session, actor.id)
    if found is None:
        found = Desk(person_id=actor.id)
        session.add(found)
        session.flush()
    return found


def change(session: Session, actor: Actor, *, seen: int | None, tour: Tour | None) -> Desk:
    """Note how far the person has read (it never goes back), and what became of the tour."""
    desk = own_desk(session, actor)
    if seen is not None:
        desk.seen = max(desk.seen, seen)
    if tour is not None:
        desk.tour = tour
    return desk
