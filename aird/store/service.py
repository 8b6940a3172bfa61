"""Write down what the store holds: artifacts with their files, in the transaction that makes something rely on them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.store.manifest import Manifest
from aird.store.models import ArtifactFile


def record_artifact(session: Session, manifest: Manifest) -> None:
    """Note which blobs the artifact needs; nothing happens when it is noted already.

    From this transaction's commit on the garbage collector keeps the artifact's blobs for as long as something
    names the artifact.
    """
    artifact = manifest.digest
    if session.scalar(select(ArtifactFile.path).where(ArtifactFile.artifact == artifact).limit(1)) is not None:
        return
    session.add_all(
        ArtifactFile(artifact=artifact, path=each.path, digest=each.digest, size=each.size) for each in manifest.entries
    )
    session.flush()
