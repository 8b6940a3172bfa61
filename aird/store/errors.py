"""What can go wrong with stored bytes."""

from aird.core.errors import Conflict, NotFound, StorageFull, TooLarge, Unavailable


class ArtifactNotFound(NotFound):
    """The store does not hold this artifact"""


class DigestMismatch(Conflict):
    """The bytes are not the ones that were announced"""


class SizeMismatch(Conflict):
    """There are more or fewer bytes than were announced"""


class StoreFull(StorageFull):
    """The store has no room left"""


class StoreUnavailable(Unavailable):
    """The store does not answer right now"""


class BlobDamaged(Unavailable):
    """Stored bytes have changed, and nobody gets them until they are restored"""


class FileTooLarge(TooLarge):
    """The file is larger than the limit"""


class QuotaExceeded(TooLarge):
    """The department has no room left in its quota"""
