"""What people of the sample organisation ask for, in English and Chinese; read from assets/wordings/*.txt.

An intent is worded by composition. A *request* is a verb and an object ("send back" + "my money"), a
*situation* is an opening and a complement ("the parcel" + "is three days late"). Each intent has four of
each part, in both languages, so that there are 32 wordings an intent and language before frames, times and
politeness are added.

In a wordings file an intent is a block of five lines:

    key = label = label in Chinese
    four verbs + four objects                    parts are separated by " / "
    four openings + four complements
    the same two lines in Chinese
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_WORDINGS: Final = Path(__file__).parent / "assets" / "wordings"


@dataclass(frozen=True)
class Composition:
    """Wordings made of two parts; wording (i, j) is `first[i]` and `second[j]`."""

    first: tuple[str, ...]
    second: tuple[str, ...]


@dataclass(frozen=True)
class Intent:
    """One thing that is wanted: its canonical label and its wordings, by language ("en", "zh")."""

    key: str
    topic: str
    label: dict[str, str]
    request: dict[str, Composition]
    situation: dict[str, Composition]


def read_intents(topic: str) -> tuple[Intent, ...]:
    """The intents of one topic, in the order of its file."""
    text = (_WORDINGS / f"{topic}.txt").read_text(encoding="utf-8")
    return tuple(_intent(topic, block) for block in text.strip().split("\n\n"))


def _intent(topic: str, block: str) -> Intent:
    head, *rows = block.splitlines()
    key, english, chinese = (part.strip() for part in head.split("="))
    request_en, situation_en, request_zh, situation_zh = (_composition(row) for row in rows)
    return Intent(
        key=f"{topic}.{key}",
        topic=topic,
        label={"en": english, "zh": chinese},
        request={"en": request_en, "zh": request_zh},
        situation={"en": situation_en, "zh": situation_zh},
    )


def _composition(row: str) -> Composition:
    first, second = row.split("+")
    return Composition(_parts(first), _parts(second))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("/"))


DEPARTMENT_INTENTS: Final = {topic: read_intents(topic) for topic in ("support", "finance", "hr")}
TOPIC_INTENTS: Final = {
    topic: read_intents(topic) for topic in ("travel", "home", "health", "study", "machines", "leisure", "city")
}
