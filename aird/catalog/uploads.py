"""File a version from an upload: examined first, stored next, filed in one transaction last."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

from pydantic import Field, ValidationError
from sqlalchemy.orm import Session

from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import access, files, queries, service, twins, views
from aird.catalog.errors import BaseNeeded, NotABase, VersionExists
from aird.catalog.intake.refusals import IntakeRefused, shown
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.schemas import VersionRead
from aird.catalog.service import NewVersion, Parent
from aird.core.db import Database
from aird.core.errors import BadInput
from aird.core.schemas import Schema
from aird.store import uploads
from aird.store.artifacts import Store
from aird.store.laying import Laid
from aird.store.manifest import SAFE_PATH
from aird.store.receiving import Received

NOBODY = UUID(int=0)


class FieldUnknown(BadInput):
    """The upload has a field that is not known or too long"""


class UploadMisplaced(BadInput):
    """These uploads do not make one version of this model"""


class UploadForm(Schema):
    """What is said about the files."""

    base: str | None = Field(None, max_length=128)
    license: str = Field("", max_length=64)
    notes: str = Field("", max_length=4000)

    @classmethod
    def read(cls, fields: dict[str, str]) -> "UploadForm":
        """The form's text fields. Raises FieldUnknown."""
        unknown = sorted(set(fields) - set(cls.model_fields))
        if unknown:
            raise FieldUnknown(f"{shown(unknown[0])!r} is not a field of this form; it has base, license and notes.")
        try:
            return cls(**{name: text for name, text in fields.items() if text})
        except ValidationError as error:
            first = error.errors()[0]
            raise FieldUnknown(f"The field {first['loc'][0]} cannot be taken: {first['msg']}.") from None


def check_path(name: str) -> str:
    """The file name when it is a plain relative path. Raises IntakeRefused."""
    if not SAFE_PATH.fullmatch(name) or len(name) > 255:
        raise IntakeRefused(
            "this is not a plain file name, so it could leave its folder. Use letters, digits, '.', '_' and '-'.",
            reason="name",
            file=name,
        )
    return name


def file_upload(
    database: Database, store: Store, actor: Actor, name: str, upload: Received, form: UploadForm
) -> VersionRead:
    """Examine, store and file what was uploaded. Raises IntakeRefused, VersionExists, BaseNeeded, NotPermitted."""
    return _file(database, store, actor, name, upload.folder, form)


def file_finished(
    database: Database, store: Store, actor: Actor, name: str, upload_ids: list[UUID], scratch: Path, form: UploadForm
) -> VersionRead:
    """Examine and file what came by resumable uploads for this model, each a file of its own.

    Raises UploadNotFound, OffsetMismatch, UploadMisplaced, and what `file_upload` raises. The uploads stay as they
    are, so that it can be tried again.
    """
    uploads.publish_late(database, store, actor.id or NOBODY, upload_ids)
    with database.read() as session:
        found = uploads.whole(session, actor.id or NOBODY, upload_ids)
    misplaced = [each.path for each in found if each.subject != name]
    paths = {each.path: each.digest or "" for each in found}
    if misplaced or len(paths) != len(found):
        raise UploadMisplaced(f"{shown((misplaced or [found[0].path])[0])} was uploaded for another model, or twice.")
    folder = scratch / uuid4().hex
    try:
        known = store.lay_out(paths, folder)
        return _file(database, store, actor, name, folder, form, known)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _file(
    database: Database,
    store: Store,
    actor: Actor,
    name: str,
    folder: Path,
    form: UploadForm,
    known: Mapping[str, Laid] | None = None,
) -> VersionRead:
    with database.read() as session:
        model = access.get_model(session, actor, name)
        auth.require(actor, Permission.WRITE_MODELS, model.department_id)
        base = _base(session, actor, access.get_ref(session, actor, form.base)) if form.base else None
    if base is None and (folder / "adapter_config.json").exists():
        raise BaseNeeded("This is an adapter: name the base it was trained on in `base`, as department/model@1.")
    examined = files.examine(store, folder, base=base, known=known)
    adapter_base = base if examined.kind is Kind.ADAPTER else None
    parents = [Parent(base, Relation.CONTINUED)] if base and adapter_base is None else []
    with database.write() as session:
        version, created = service.file_version(
            session,
            actor,
            queries.get_model(session, name),
            NewVersion(
                kind=examined.kind,
                manifest=examined.manifest,
                parameters=examined.parameters,
                facts=examined.facts,
                base=adapter_base,
                parents=parents,
                license=form.license,
                notes=form.notes,
                card=examined.card,
            ),
        )
        if not created:
            raise VersionExists(f"{version.ref} has these very bytes already; nothing was added.", ref=version.ref)
        twins.order_comparison(session, version)
        return views.version_read(session, store, actor, version)


def _base(session: Session, actor: Actor, version: Version) -> Version:
    access.require_weights(session, actor, version.model)
    if version.kind is Kind.ADAPTER:
        raise NotABase(f"{version.ref} is an adapter itself. Name the whole model below it.", ref=version.ref)
    if version.state in (VersionState.SUSPENDED, VersionState.RETIRED):
        raise NotABase(f"{version.ref} is {version.state}. Build on a version that is in use.", ref=version.ref)
    return version
