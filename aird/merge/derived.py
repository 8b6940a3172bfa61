"""Versions made from one other: extracted, baked into the base, quantised."""

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.jobs.models import Job
from aird.merge.schemas import BakeBody, ExtractBody, QuantizeBody


def order_extraction(session: Session, actor: Actor, body: ExtractBody) -> Job:
    """Queue an extraction. Raises NotDerivable, NoPlaceForChild, VersionNotFound, NotPermitted."""
    raise NotImplementedError


def order_baking(session: Session, actor: Actor, body: BakeBody) -> Job:
    """Queue a baking. Raises as order_extraction."""
    raise NotImplementedError


def order_quantization(session: Session, actor: Actor, body: QuantizeBody) -> Job:
    """Queue a quantisation. Raises as order_extraction."""
    raise NotImplementedError
