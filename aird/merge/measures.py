"""What can be measured of a merge before it runs, worked out once by a job and kept."""

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.jobs.models import Job
from aird.merge.schemas import MergeBody


def order(session: Session, actor: Actor, body: MergeBody) -> Job:
    """Queue the measurement of a recipe's parents. Raises as service.make_plan."""
    raise NotImplementedError
