"""What every order of a training or a mentoring asks of versions and data sets before anything is queued."""

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.intake.differences import own_words
from aird.catalog.models import Kind, Version
from aird.datasets import service as datasets
from aird.training.errors import NotTrainable
from aird.training.schemas import DatasetUse


def usable(session: Session, actor: Actor, ref: str) -> Version:
    """The version, when the actor may use its weights and nobody has taken it out of use.

    Raises ModelNotFound, VersionNotFound, GatedModel, NotTrainable.
    """
    version = access.get_ref(session, actor, ref)
    access.require_weights(session, actor, version.model)
    out = catalog_queries.out_of_use(session, version)
    if out is not None:
        raise NotTrainable(f"{out.ref} is {out.state}; nothing is trained from it. Choose another version.")
    return version


def trainable(version: Version) -> Version:
    """The version, when its weights are not rounded to eight bits. Raises NotTrainable."""
    if version.facts.get("quantization"):
        what = "is an edge export" if version.facts.get("format") else "has weights in eight bits"
        raise NotTrainable(f"{version.ref} {what}. Train the version it was made from.")
    return version


def dataset_use(session: Session, actor: Actor, ref: str, split: str, limit: int | None) -> DatasetUse:
    """A split that a model of the actor may learn from.

    Raises NotPermitted, DatasetNotUsable, the data sets' NotFound.
    """
    version = datasets.usable(session, actor, ref, split)
    return DatasetUse(ref=version.ref, artifact=version.artifact, split=split, limit=limit)


def tokenizer(session: Session, version: Version) -> tuple[str | None, str]:
    """The base's tokenizer, and what an adapter speaks with instead: equal for those who share their tokens."""
    found: str | None = catalog_queries.base_of(session, version).facts.get("tokenizer_sha256")
    return found, own_words(version.facts) if version.kind is Kind.ADAPTER else own_words({})
