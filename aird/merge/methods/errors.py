"""What can go wrong in a merge.

    Refused
    └── MergeNotPossible     the adapters or the settings do not fit together

An adapter that cannot be merged exactly at all is refused by aird.runtimes.errors.AdapterUnusable.
"""

from aird.core.errors import Refused


class MergeNotPossible(Refused):
    """These adapters cannot be merged like this"""
