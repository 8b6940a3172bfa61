"""A version's own template or tokenizer beside its base's, as a diff that a person can judge. Pure.

What is signed is what is seen: characters that a screen does not show (zero-width, right-to-left) are written out,
long lines are wrapped instead of cut, a template inside JSON is shown as the text it is, and of a tokenizer everything
but its tens of thousands of tokens, which stand there as a count and a digest.
"""

import hashlib
import json
from typing import Any

from aird.catalog import diffs
from aird.catalog.intake import differences
from aird.catalog.intake.differences import CHAT_TEMPLATE, FILES, Read
from aird.catalog.schemas_files import TextChange

WIDTH = 160


def change(what: str, own: Read, base: Read) -> TextChange:
    """What one side says and the other does not."""
    path = differences.TEMPLATE if what == CHAT_TEMPLATE else FILES[what]
    old, new = (_bytes(_text(what, side)) for side in (base, own))
    return diffs.text(path, old, new)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else "\n".join(_lines(text)).encode()


def _text(what: str, read: Read) -> str | None:
    if what == CHAT_TEMPLATE:
        found = differences.template(read)
        if found is None or found.keys() == {"default"}:
            return None if found is None else found["default"]
        return "\n".join(f"[{name}]\n{text}" for name, text in sorted(found.items()))
    content = differences.comparable(what, read(FILES[what]))
    if isinstance(content, bytes):
        return content.decode("utf-8", "replace")
    if content is None:
        return None
    if what == "tokenizer":
        model = {key: _counted(key, value) for key, value in content["model"].items()}
        content = {**content, "model": model}
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)


def _counted(key: str, value: Any) -> Any:
    if key not in ("vocab", "merges") or not isinstance(value, dict | list):
        return value
    digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
    return f"{len(value)} entries, sha256:{digest}"


def _lines(text: str) -> list[str]:
    found = []
    for line in text.split("\n"):
        plain = "".join(each if each.isprintable() or each == "\t" else f"\\u{{{ord(each):x}}}" for each in line)
        found += [plain[start : start + WIDTH] for start in range(0, len(plain), WIDTH)] or [""]
    return found
