"""Under which terms a data set may be used: licence, source, consent, retention."""

from dataclasses import dataclass, fields
from typing import Any

from aird.catalog.licences import KNOWN
from aird.datasets.errors import TermsRefused
from aird.datasets.models import Consent, Dataset

MOST_DAYS = 36_500


@dataclass(frozen=True)
class Terms:
    """What is to be said anew; None leaves a term as it is, 0 days of retention mean for ever."""

    license: str | None = None
    source: str | None = None
    consent: Consent | None = None
    consent_note: str | None = None
    retention_days: int | None = None

    def put_on(self, dataset: Dataset) -> dict[str, Any]:
        """Write them onto the data set; gives what has changed. Raises TermsRefused."""
        wanted = {each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) is not None}
        if wanted.get("retention_days") == 0:
            wanted["retention_days"] = None
        consent, note = wanted.get("consent", dataset.consent), wanted.get("consent_note", dataset.consent_note)
        if consent in (Consent.GIVEN, Consent.NOT_NEEDED) and not note.strip() and "consent" in wanted:
            raise TermsRefused(
                "Say in the consent's note how it was given, or why none is needed: whoever checks this later "
                "was not there."
            )
        changed = {name: value for name, value in wanted.items() if getattr(dataset, name) != value}
        for name, value in changed.items():
            setattr(dataset, name, value)
        return changed


def known_licence(key: str) -> str:
    """The licence's full name, or the key itself where the table does not have it."""
    return KNOWN[key].title if key in KNOWN else key
