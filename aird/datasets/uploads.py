"""File a version from an upload: every line checked first, stored next, filed in one transaction last."""

from pathlib import Path
from typing import Any

from aird.auth.permissions import Actor
from aird.core.db import Database
from aird.core.errors import BadInput
from aird.datasets import queries, service, views
from aird.datasets.errors import DatasetVersionExists, UploadRefused
from aird.datasets.intake import DatasetRefused, Reading, Summary
from aird.datasets.schemas import CARD_LENGTH, DatasetVersionRead
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import ENDING, DatasetFormat, split_file
from aird.store.artifacts import Store
from aird.store.receiving import Received, full_disk_refused


class FormNotValid(BadInput):
    """The upload's text fields cannot be used"""


def card_of(fields: dict[str, str]) -> str:
    """The one text field of the form. Raises FormNotValid."""
    unknown = sorted(set(fields) - {"card"})
    if unknown:
        raise FormNotValid(f"{unknown[0][:80]!r} is not a field of this form; it has files and `card`.")
    card = fields.get("card", "")
    if len(card) > CARD_LENGTH:
        raise FormNotValid(f"The card has {len(card)} characters; at most {CARD_LENGTH} are kept. Shorten it.")
    return card


def check_right(database: Database, actor: Actor, name: str) -> None:
    """Whether the actor may upload to this data set, asked before its bytes are received.

    Raises DatasetNotFound, NotPermitted, UploadRefused.
    """
    with database.read() as session:
        service.check_upload(actor, queries.get_dataset(session, name))


def file_upload(
    database: Database, store: Store, actor: Actor, name: str, upload: Received, card: str
) -> DatasetVersionRead:
    """Check, store and file what was uploaded. Raises DatasetRefused, UploadRefused, DatasetVersionExists."""
    if not upload.files:
        raise UploadRefused(f"There is no file in the upload. Send each split as a file, for example train{ENDING}.")
    checked = upload.folder / "checked"
    checked.mkdir()
    found = {file.removesuffix(ENDING): _check(path, file, checked) for file, path in sorted(upload.files.items())}
    new = NewDatasetVersion(
        manifest=store.put_folder(checked),
        splits={split: each.items for split, each in found.items()},
        formats={split: DatasetFormat(each.format) for split, each in found.items()},
        card=card,
    )
    with database.write() as session:
        dataset = queries.get_dataset(session, name)
        service.check_upload(actor, dataset)
        version, created = service.add_version(session, actor, dataset, new, notes=_notes(found))
        if not created:
            raise DatasetVersionExists(
                f"{version.ref} has this very content already; nothing was added.", ref=version.ref
            )
        return views.version_read(session, store, actor, version)


def _check(path: Path, file: str, checked: Path) -> Summary:
    """Write the file's items in their canonical form to `checked` and say what they are."""
    try:
        with (
            full_disk_refused(),
            path.open("rb") as source,
            (checked / split_file(file.removesuffix(ENDING))).open("xb") as out,
        ):
            reading = Reading(source)
            out.writelines(reading)
        path.unlink()
        return reading.summary()
    except DatasetRefused as error:
        refused = DatasetRefused(f"{file}: {error.message}", reason=error.params["reason"])
        refused.params = {**error.params, "file": file}
        raise refused from None


def _notes(found: dict[str, Summary]) -> dict[str, Any]:
    """What was changed on the way in, for the audit log."""
    changed = {
        split: {"converted": each.converted, "dropped": each.dropped}
        for split, each in found.items()
        if each.converted or each.dropped
    }
    return {"changed": changed} if changed else {}
