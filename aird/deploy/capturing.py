"""Switch the keeping of exchanges on and off for an endpoint; the audit log says who, how long and on what ground."""

from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.core.errors import BadInput
from aird.datasets import exchanges, feedback
from aird.deploy import service
from aird.deploy.models import Endpoint

MOST_DAYS = 365


class NotToldHow(BadInput):
    """Say how those who ask were told"""


def switch(
    session: Session, actor: Actor, endpoint: Endpoint, *, days: int | None, agreed: str = "", erase: bool = False
) -> Endpoint:
    """Keep exchanges for so many days from now on, or none with `days` = None; `erase` takes away what is kept.

    Raises NotToldHow, DatasetExists (the feedback's data set has another kind).
    """
    auth.require(actor, Permission.MANAGE_ENDPOINTS, endpoint.department_id)
    endpoint = service.locked(session, endpoint)
    if days is not None and not agreed:
        raise NotToldHow(
            "People's questions are kept by this. Say in `agreed` how those who ask were told, or on which ground."
        )
    before = (endpoint.capture_days, endpoint.capture_note)
    endpoint.capture_days, endpoint.capture_note = days, agreed if days is not None else ""
    if days is not None:
        feedback.open_dataset(session, actor, endpoint.name)
    erased = exchanges.erase(session, endpoint.name) if erase else 0
    if before == (endpoint.capture_days, endpoint.capture_note) and not erased:
        return endpoint
    word = "switched_on" if before[0] is None else "changed"
    audit.record(
        session,
        actor,
        f"deploy.capture.{word if days is not None else 'switched_off'}",
        endpoint,
        reason=agreed or "",
        days=days,
        was=before[0],
        erased=erased,
    )
    return endpoint
