"""The arithmetic of the audit chain. Pure.

Every entry's hash covers its content and the hash before it: an edit, a removal or a swap anywhere breaks every
later link. Cutting off the tail is found by anchors, heads of the chain that were written down elsewhere.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True)
class Link:
    """One entry as the chain sees it: its place, its content, the hash it claims and the one it builds on."""

    seq: int
    content: dict[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True)
class Anchor:
    """A head of the chain, noted outside the database."""

    seq: int
    hash: str


@dataclass(frozen=True)
class Verdict:
    """What a verification found; `fault` names the first wrong entry and why."""

    entries: int
    head: str
    anchors: int
    fault: str | None = None

    @property
    def sound(self) -> bool:
        """True when nothing was found."""
        return self.fault is None


def link_hash(seq: int, content: dict[str, Any], previous: str) -> str:
    """sha256 over the canonical JSON of (place, content, previous hash), as hex."""
    raw = json.dumps([seq, previous, content], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(raw.encode()).hexdigest()


def verify(links: Iterable[Link], anchors: Iterable[Anchor] = ()) -> Verdict:
    """Walk the chain from its first entry; every anchor must be one of the heads it passed."""
    known = {anchor.seq: anchor.hash for anchor in anchors}
    seen, head, met = 0, GENESIS, 0
    for link in links:
        if link.seq != seen + 1:
            return Verdict(seen, head, met, f"entry {seen + 1} is missing: entry {link.seq} follows entry {seen}")
        if link.previous != head:
            return Verdict(seen, head, met, f"entry {link.seq} does not build on entry {seen}")
        if link_hash(link.seq, link.content, link.previous) != link.hash:
            return Verdict(seen, head, met, f"entry {link.seq} was changed after it was written")
        seen, head = link.seq, link.hash
        if seen in known:
            met += 1
            if known[seen] != head:
                return Verdict(seen, head, met, f"entry {seen} is not the one that was anchored")
    beyond = [seq for seq in known if seq > seen]
    if beyond:
        return Verdict(seen, head, met, f"the chain ends at entry {seen}, but entry {max(beyond)} was anchored")
    return Verdict(seen, head, met)
