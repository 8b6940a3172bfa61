#!/usr/bin/env python3
"""Write what is generated of the Python client: its types from the API's snapshot, its sync half from its async half.

scripts/make-client.py            write the files
scripts/make-client.py --check    say which are stale, and fail when one is
"""

import json
import keyword
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CLIENT = ROOT / "aird" / "client"
SNAPSHOT = ROOT / "web" / "openapi.json"
BY_HAND = {"backend.py"}
"""Modules of which both halves are written by hand."""

TAKEN = frozenset(dir(dict))
METHODS = {"JobRead": {"metrics"}, "VersionRead": {"diff"}}
"""Names that a record has as methods already; a field of that name gets a line below at its end."""

HEAD = '''# Written by scripts/make-client.py from web/openapi.json; change the API, then run `make api`.
"""The objects of the API's answers as the snapshot describes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from aird.client.record import Record
'''

WORDS = [
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\bAsyncClient\b", "Client"),
    (r"\bAsync([A-Z]\w*)", r"\1"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\b__a(enter|exit|next|iter)__\b", r"__\1__"),
    (r"\banext\(", "next("),
    (r"\baiter_bytes\b", "iter_bytes"),
    (r"\baread\b", "read"),
    (r"\baclose\b", "close"),
    (r"\b_async\b", "_sync"),
    (r"\b(asyncio|the async half)\b", lambda found: {"asyncio": "threading"}.get(found[0], "the sync half")),
]


def annotation(schema: dict[str, Any]) -> str:
    """A JSON schema as a Python annotation."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(annotation(each) for each in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return f"Literal[{', '.join(repr(each) for each in schema.get('enum', [schema.get('const')]))}]"
    kind = schema.get("type")
    if kind == "array":
        return f"list[{annotation(schema.get('items') or {})}]"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"dict[str, {annotation(inner) if isinstance(inner, dict) else 'Any'}]"
    if kind == "string":
        return "datetime" if schema.get("format") == "date-time" else "str"
    return {"integer": "int", "number": "float", "boolean": "bool", "null": "None"}.get(str(kind), "Any")


def answers(document: dict[str, Any]) -> list[str]:
    """The names of the shapes that answers are made of, pages aside."""
    shapes = document["components"]["schemas"]
    found: set[str] = set()

    def follow(part: Any) -> None:
        if isinstance(part, list):
            for each in part:
                follow(each)
        elif isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                follow(shapes[name])
            for each in part.values():
                follow(each)

    for path in document["paths"].values():
        for operation in path.values():
            follow([answer for code, answer in operation["responses"].items() if code.startswith("2")])
    return sorted(name for name in found if not name.startswith("Page_"))


def types(document: dict[str, Any]) -> str:
    """The module of records."""
    shapes = document["components"]["schemas"]
    aliases, classes = [], []
    for name in answers(document):
        shape = shapes[name]
        text = (shape.get("description") or f"{name} of the API.").split("\n\n")[0].replace("\n", " ")
        if "properties" not in shape:
            aliases.append(f'{name} = {annotation(shape)}\n"""{text}"""\n')
            continue
        lines = [f"class {name}(Record):", f'    """{_wrapped(text)}"""', ""]
        for field, schema in shape["properties"].items():
            python = f"{field}_" if field in TAKEN | METHODS.get(name, set()) or keyword.iskeyword(field) else field
            if python.isidentifier():
                lines.append(f"    {python}: {annotation(schema)}")
        classes.append("\n".join(lines))
    return formatted(HEAD + "\n" + "\n".join(aliases) + "\n\n" + "\n\n\n".join(classes) + "\n", "schema_gen.py")


def _wrapped(text: str) -> str:
    """A docstring's text below a class: one line while it fits, else broken."""
    if len(text) <= 110:
        return text
    return "\n".join(textwrap.wrap(text, 112, subsequent_indent="    ")) + "\n    "


def unasync(text: str, name: str) -> str:
    """The sync half of an async module."""
    for pattern, word in WORDS:
        text = re.sub(pattern, word, text)
    head = f"# Written by scripts/make-client.py from aird/client/_async/{name}; change that one.\n"
    return formatted(head + text, name)


def formatted(text: str, name: str) -> str:
    """As ruff lays it out."""
    ruff = Path(sys.executable).with_name("ruff")
    for command in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        file = ["--stdin-filename", str(CLIENT / "_sync" / name), "-"]
        done = subprocess.run([str(ruff), *command, *file], input=text, capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr}")
        text = done.stdout
    return text


def generated() -> dict[Path, str]:
    """Every generated file with what it should hold."""
    found = {CLIENT / "schema_gen.py": types(json.loads(SNAPSHOT.read_text(encoding="utf-8")))}
    for source in sorted((CLIENT / "_async").glob("*.py")):
        if source.name not in BY_HAND:
            found[CLIENT / "_sync" / source.name] = unasync(source.read_text(encoding="utf-8"), source.name)
    return found


def main() -> None:
    """Write, or with --check compare."""
    stale = {path: text for path, text in generated().items() if not path.is_file() or path.read_text("utf-8") != text}
    if "--check" in sys.argv[1:]:
        if stale:
            raise SystemExit("stale, run `make api`: " + ", ".join(str(path.relative_to(ROOT)) for path in stale))
        return
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
