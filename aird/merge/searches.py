"""Searches: order them, and read their trials."""

from uuid import UUID

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.jobs.models import Job
from aird.merge.schemas import MergeBody, SearchRead


def order(session: Session, actor: Actor, body: MergeBody) -> Job:
    """Queue a search. Raises as service.order_merge."""
    raise NotImplementedError


def read(session: Session, actor: Actor, job_id: UUID) -> SearchRead:
    """A search and its trials. Raises JobNotFound."""
    raise NotImplementedError
