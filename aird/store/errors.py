"""What can go wrong with stored bytes."""

from aird.core.errors import Conflict, NotFound, StorageFull


class ArtifactNotFound(NotFound):
    """The store does not hold this artifact"""


class DigestMismatch(Conflict):
    """The bytes are not the ones that were announced"""


class StoreFull(StorageFull):
    """The store has no room left"""
