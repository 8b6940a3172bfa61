"""Models, their versions and the states of their files, who descends from whom, and what each version can do."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from aird.catalog.lifecycle import VersionState
from aird.core.clock import now
from aird.core.db import Base, Record


class Kind(StrEnum):
    """What the files of a version are."""

    BASE = "base"  # a whole model that adapters build on
    ADAPTER = "adapter"  # LoRA factors for one base
    FULL = "full"  # a whole model made from another one


class Relation(StrEnum):
    """How a child came from its parent."""

    BASE = "base"  # the adapter's base model
    CONTINUED = "continued"  # trained on from the parent's weights: a fine-tune
    MERGE = "merge"  # a weighted part of the child
    TEACHER = "teacher"  # the child learnt from the parent's answers
    STUDENT = "student"  # the weights the distilled child began with
    QUANTIZED = "quantized"  # the parent's weights in fewer bits
    EXTRACTED = "extracted"  # an adapter that was read out of the parent's weights
    BAKED = "baked"  # the parent, an adapter, was put into its base
    EXPORTED = "exported"  # the parent, adapter and base in one, as a file for an edge runtime


class Visibility(StrEnum):
    """Who sees that a model exists."""

    INTERNAL = "internal"  # everybody who is signed in
    PRIVATE = "private"  # who has a role in its department, or for the whole organisation


class Gating(StrEnum):
    """How somebody outside the owning department gets at the weights."""

    OPEN = "open"  # whoever may use weights anywhere may use these
    AUTO = "auto"  # asking is enough; the asking is on record
    MANUAL = "manual"  # the owners decide each request


class RefKind(StrEnum):
    """What kind of name points at a commit."""

    BRANCH = "branch"  # moves with every push
    TAG = "tag"  # stays where it was put


class AccessState(StrEnum):
    """How far a request for the weights is."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Model(Record):
    """A named line of work, owned by one department."""

    __tablename__ = "models"
    __table_args__ = (Index("ix_models_updated_at_name", "updated_at", "name"),)

    name: Mapped[str] = mapped_column(String(96), unique=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    description: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[list[str]] = mapped_column(default_factory=list)
    latest_number: Mapped[int] = mapped_column(default=0)
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.INTERNAL, server_default="internal")
    gating: Mapped[Gating] = mapped_column(default=Gating.MANUAL, server_default="manual")
    updated_at: Mapped[datetime] = mapped_column(default_factory=now)

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name


class ModelName(Base):
    """A name that a model had before it was moved; it still leads to the model."""

    __tablename__ = "model_names"

    name: Mapped[str] = mapped_column(String(96), primary_key=True)
    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), index=True)


class Parentage(Base):
    """One edge of the family tree."""

    __tablename__ = "parentages"
    __table_args__ = (Index("ix_parentages_parent_id", "parent_id"),)

    child_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    parent_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    relation: Mapped[Relation] = mapped_column(primary_key=True)
    weight: Mapped[float | None] = mapped_column(default=None)


class Version(Record):
    """One immutable set of weights. After creation only `state` changes."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("model_id", "number"), UniqueConstraint("model_id", "artifact"))

    model: Mapped[Model] = relationship(lazy="raise")
    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), init=False)
    number: Mapped[int]
    kind: Mapped[Kind] = mapped_column(index=True)
    artifact: Mapped[str] = mapped_column(String(71), index=True)
    bytes: Mapped[int]
    parameters: Mapped[int]
    facts: Mapped[dict[str, Any]]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    base_id: Mapped[UUID | None] = mapped_column(ForeignKey("versions.id"), index=True, default=None)
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("jobs.id"), unique=True, default=None)
    record: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    license: Mapped[str] = mapped_column(String(64), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[VersionState] = mapped_column(default=VersionState.DRAFT, index=True)
    card: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, server_default="{}")
    restrictions: Mapped[list[str]] = mapped_column(default_factory=list, server_default="[]")
    chip_milliseconds: Mapped[int] = mapped_column(default=0, server_default="0")
    flop: Mapped[float] = mapped_column(default=0.0, server_default="0")
    watt_hours: Mapped[float] = mapped_column(default=0.0, server_default="0")
    successor_id: Mapped[UUID | None] = mapped_column(default=None)

    @property
    def ref(self) -> str:
        """department/model@number."""
        return f"{self.model.name}@{self.number}"

    @property
    def label(self) -> str:
        """The name to show."""
        return self.ref


class Skill(Base):
    """What a version scored in one suite, measured last; `low` and `high` bound the 95 % interval."""

    __tablename__ = "skills"
    __table_args__ = (Index("ix_skills_suite_version_id", "suite", "version_id"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    suite: Mapped[str] = mapped_column(String(96), primary_key=True)
    metric: Mapped[str] = mapped_column(String(32))
    score: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    items: Mapped[int]
    measured_at: Mapped[datetime]
    run_id: Mapped[UUID]


class Clearance(Record):
    """An approved version may answer on this endpoint; bound to the bytes that were approved.

    `suites` are the exams that the signature stood on. When one of them has another result later, the clearance ends:
    what serves goes on serving, and nothing new is put to work on it.
    """

    __tablename__ = "clearances"
    __table_args__ = (
        UniqueConstraint("approval_id"),
        Index("ix_clearances_endpoint_version", "endpoint", "version_id"),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"))
    endpoint: Mapped[str] = mapped_column(String(128))
    digest: Mapped[str] = mapped_column(String(71))
    approval_id: Mapped[UUID]
    suites: Mapped[list[str]] = mapped_column(default_factory=list, server_default="[]")
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class Commit(Record):
    """One state of a model's files. A whole, examined state is a version; the others are on their way to one.

    `sha` has 40 hex digits: what the Hub protocol calls a revision.
    """

    __tablename__ = "commits"
    __table_args__ = (
        UniqueConstraint("model_id", "sha"),
        Index("ix_commits_model_id_created_at", "model_id", "created_at"),
    )

    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"))
    sha: Mapped[str] = mapped_column(String(40), index=True)
    artifact: Mapped[str] = mapped_column(String(71), index=True)
    title: Mapped[str] = mapped_column(String(256))
    message: Mapped[str] = mapped_column(Text, default="")
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("commits.id"), default=None)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("versions.id"), index=True, default=None)


class Ref(Base):
    """A branch or a tag. Aliases are not refs: they point at versions and no push moves them."""

    __tablename__ = "refs"

    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), primary_key=True)
    kind: Mapped[RefKind] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(96), primary_key=True)
    commit_id: Mapped[UUID] = mapped_column(ForeignKey("commits.id"), index=True)
    message: Mapped[str] = mapped_column(Text, default="")


class Alias(Base):
    """A name such as `production` for one version of a model; a protected one moves through an approval only."""

    __tablename__ = "aliases"

    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), index=True)
    moved_at: Mapped[datetime]
    protected: Mapped[bool] = mapped_column(Boolean(), default=False, server_default=false())


class AliasMove(Record):
    """One line of an alias's history: from when on it pointed where, who moved it and why. Rows are only added."""

    __tablename__ = "alias_moves"
    __table_args__ = (Index("ix_alias_moves_model_id_alias_at", "model_id", "alias", "at"),)

    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"))
    alias: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("versions.id"))
    previous_id: Mapped[UUID | None] = mapped_column(ForeignKey("versions.id"))
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(Text)
    approval_id: Mapped[UUID | None] = mapped_column(default=None)


class AccessRequest(Record):
    """Somebody asked for the weights of a model; accepted, it is their right to use them."""

    __tablename__ = "access_requests"
    __table_args__ = (UniqueConstraint("model_id", "person_id"),)

    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    fields: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    state: Mapped[AccessState] = mapped_column(default=AccessState.PENDING)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    rejection_reason: Mapped[str] = mapped_column(String(200), default="")


class ModelGrant(Record):
    """A department whose staff may use the weights of another department's model."""

    __tablename__ = "model_grants"
    __table_args__ = (UniqueConstraint("model_id", "department_id"),)

    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"))
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class DatasetUse(Base):
    """A version was made with this snapshot of a data set; `digest` names its bytes."""

    __tablename__ = "dataset_uses"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(71), primary_key=True)
    ref: Mapped[str] = mapped_column(String(128), index=True)
    purpose: Mapped[str] = mapped_column(String(32), default="training")


def _by_bytes(length: int) -> String:
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class SearchTerm(Base):
    """One term under which a model is found: a word, a pair of Chinese characters, a facet such as `@tag:legal`.

    `name` repeats the model's name so that a page of hits comes out of the index in the order of names. Terms and
    names are compared byte by byte on every database, whatever the order of its language is.
    """

    __tablename__ = "search_terms"
    __table_args__ = (Index("ix_search_terms_model_id_term", "model_id", "term"), {"sqlite_with_rowid": False})

    term: Mapped[str] = mapped_column(_by_bytes(128), primary_key=True)
    name: Mapped[str] = mapped_column(_by_bytes(96), primary_key=True)
    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"))


class AdapterSketch(Base):
    """A short vector per adapter whose dot products estimate those of the weight changes: finds near-twins fast."""

    __tablename__ = "adapter_sketches"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    base_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), index=True)
    norm: Mapped[float]
    sketch: Mapped[bytes]


class Twin(Base):
    """Two adapters of one base and the cosine of their weight changes; kept when they are near."""

    __tablename__ = "twins"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    other_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    cosine: Mapped[float]
