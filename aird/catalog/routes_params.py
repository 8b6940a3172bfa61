"""What the routes of the catalog share: rights, limits, and the model and version that an address names."""

from typing import Annotated

from fastapi import Path, Query
from sqlalchemy.orm import Session

from aird.auth.deps import permit
from aird.auth.permissions import Actor, Permission
from aird.catalog import access, queries
from aird.catalog.models import Model, Version
from aird.catalog.names import VERSION_DIGITS, check_name

Reader = Annotated[Actor, permit(Permission.READ_MODELS)]
Writer = Annotated[Actor, permit(Permission.WRITE_MODELS)]
Retirer = Annotated[Actor, permit(Permission.RETIRE_VERSION)]
Limit = Annotated[int, Query(ge=1, le=200)]
Search = Annotated[str | None, Query(max_length=200)]
Number = Annotated[int, Path(ge=1, lt=10**VERSION_DIGITS)]
MODEL = "/models/{department}/{model}"
VERSION = f"{MODEL}/versions/{{number}}"


def model_at(session: Session, actor: Actor, department: str, model: str) -> Model:
    """The model of an address. Raises NameRefused, ModelNotFound."""
    return access.get_model(session, actor, check_name(f"{department}/{model}"))


def version_at(session: Session, actor: Actor, department: str, model: str, number: int) -> Version:
    """The version of an address. Raises NameRefused, ModelNotFound, VersionNotFound."""
    found = model_at(session, actor, department, model)
    return queries.get_version(session, found.name, number)
