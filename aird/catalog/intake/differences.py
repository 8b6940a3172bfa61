"""How the words of a version differ from its base's: chat template, tokenizer and what configures it.

What builds on a base normally speaks as the base does, and brings none of these files or the base's own. A version
that brings others may be right, or may be a trap: one line of a template can send every reader to somebody's address.
So a difference is taken and recorded here, shown as a diff, and has to be accepted by name before the version may be
approved. Another vocabulary is no difference but another model, and is refused.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aird.catalog.intake import tokenizer
from aird.catalog.intake.refusals import IntakeRefused, shown
from aird.catalog.intake.strict_json import parse_object

TEMPLATE = "chat_template.jinja"
CHAT_TEMPLATE = "chat_template"
FILES = {
    "tokenizer": tokenizer.TOKENIZER,
    "tokenizer_config": tokenizer.CONFIG,
    "special_tokens": "special_tokens_map.json",
    "added_tokens": "added_tokens.json",
    "vocabulary": "vocab.json",
    "vocabulary_text": "vocab.txt",
    "merges": "merges.txt",
}
"""What may differ, and the file that says it; the chat template beside them stands in one of two."""
# Fields that say where a file came from and nothing about what it does.
_origin = frozenset(
    {"name_or_path", "_name_or_path", "transformers_version", "is_local", "local_files_only", "backend"}
)
# What the tokenizer needs; the other files repeat it for older readers.
_needed = ("tokenizer_config",)

Read = Callable[[str], bytes | None]
"""The bytes of one text file of a version by its name, None when it has none."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not the base's; the digests are of the two sides, None where a side has nothing."""

    what: str
    file: str
    base: str | None
    own: str | None

    def facts(self) -> dict[str, Any]:
        """As kept in a version's facts."""
        return {"what": self.what, "file": self.file, "base": self.base, "own": self.own}


def differences(own: Read, base: Read, *, whole: bool) -> list[Difference]:
    """What differs, in a fixed order: a whole model uses its own files, an adapter the base's where it has none."""
    found = []
    mine, theirs = template(own), template(base)
    if (mine is not None or whole) and mine != theirs:
        file = TEMPLATE if own(TEMPLATE) is not None or mine is None else tokenizer.CONFIG
        found.append(Difference(CHAT_TEMPLATE, file, template_sha256(theirs), template_sha256(mine)))
    for what, file in FILES.items():
        raw = own(file)
        if raw is None and not (whole and what in _needed):
            continue
        before = base(file)
        if _same(what, raw, before):
            continue
        found.append(Difference(what, file, _sha256(before), _sha256(raw)))
    return found


def own_words(facts: Mapping[str, Any]) -> str:
    """What an adapter brings of its own, comparable between adapters; "the base's" when it brings nothing."""
    brought = sorted(f"{each['what']} {str(each['own'])[:12]}" for each in facts.get("differences") or [])
    return ", ".join(brought) or "the base's"


def check_vocabulary(own: Read, base: Read) -> None:
    """Raises IntakeRefused when the version has a token that the base has not, or has under another number."""
    raw = base(tokenizer.TOKENIZER)
    if raw is None:
        return
    known = tokenizer.tokens(parse_object(raw, tokenizer.TOKENIZER))
    for file, pairs in _tokens(own, known).items():
        for token, number in pairs.items():
            if known.get(token) != number:
                there = f"number {known[token]}" if token in known else "not there"
                raise IntakeRefused(
                    f"the token '{shown(token, 40)}' has the number {shown(number, 20)}; in the base it is {there}."
                    " What builds on a base has the base's vocabulary: use its tokenizer, or file a whole model as a"
                    " base of its own.",
                    reason="other_vocabulary",
                    file=file,
                )


def _tokens(own: Read, known: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """By file: the tokens that it brings with their numbers."""
    found: dict[str, dict[str, Any]] = {}
    if (raw := own(tokenizer.TOKENIZER)) is not None:
        found[tokenizer.TOKENIZER] = dict(tokenizer.tokens(parse_object(raw, tokenizer.TOKENIZER)))
    for file in ("vocab.json", "added_tokens.json"):
        if (raw := own(file)) is not None:
            found[file] = parse_object(raw, file)
    for file in (tokenizer.CONFIG, "special_tokens_map.json"):
        if (raw := own(file)) is not None:
            content = parse_object(raw, file)
            # A special token that the vocabulary lacks would get the next free number.
            named: dict[str, Any] = {token: known.get(token, "its own") for token in tokenizer.named_tokens(content)}
            decoder = content.get("added_tokens_decoder") or {}
            named |= {str(v.get("content")): int(n) for n, v in decoder.items() if isinstance(v, dict) and n.isdigit()}
            found[file] = named
    return found


def template(read: Read) -> dict[str, str] | None:
    """The chat templates by name, the usual one as "default"; None without any. The file of its own counts first."""
    raw = read(TEMPLATE)
    if raw is not None:
        return {"default": raw.decode("utf-8")}
    raw = read(tokenizer.CONFIG)
    found = parse_object(raw, tokenizer.CONFIG).get("chat_template") if raw is not None else None
    if isinstance(found, str):
        return {"default": found}
    if isinstance(found, list):
        return {str(each["name"]): each["template"] for each in found}
    return None


def template_sha256(found: Mapping[str, str] | None) -> str | None:
    """The digest of chat templates: of the text where there is one."""
    if found is None:
        return None
    alone = found.get("default") if len(found) == 1 else None
    content = json.dumps(dict(found), sort_keys=True) if alone is None else alone
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def comparable(what: str, raw: bytes | None) -> Any:
    """The content of a file as far as it counts here."""
    if raw is None or not FILES[what].endswith(".json"):
        return raw
    content = parse_object(raw, FILES[what])
    dropped = {*_origin, "chat_template"} if what == "tokenizer_config" else set()
    return {key: value for key, value in content.items() if key not in dropped}


def _same(what: str, own: bytes | None, base: bytes | None) -> bool:
    if own == base:
        return True
    return own is not None and base is not None and comparable(what, own) == comparable(what, base)


def _sha256(raw: bytes | None) -> str | None:
    return None if raw is None else tokenizer.sha256(raw)
