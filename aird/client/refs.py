"""How things are named: `department/name`; `department/name@3` or `@production` for one version of it. Pure."""

import re
from urllib.parse import quote

from aird.client.errors import BadReference

ALIAS = re.compile(r"[a-z][a-z0-9._-]{0,63}")


def split_name(name: str) -> tuple[str, str]:
    """("support", "agent") of "support/agent"; raises BadReference. Whether it is there, the server says."""
    department, slash, rest = name.partition("/")
    if not (department and slash and rest) or "/" in rest or "@" in name or {department, rest} & {".", ".."}:
        raise BadReference(f"{name!r} is not a name. Write department/name, for example support/agent.")
    return department, rest


def split_ref(ref: str) -> tuple[str, int | str | None]:
    """("support/agent", 3) of "support/agent@3", ("support/agent", "production") of an alias; None is the latest."""
    name, at, revision = ref.partition("@")
    split_name(name)
    if not at or revision == "latest":
        return name, None
    number = revision.removeprefix("v")
    if number.isascii() and number.isdigit() and int(number) >= 1:
        return name, int(number)
    if not ALIAS.fullmatch(revision):
        raise BadReference(
            f"{ref!r} is not a version. Write department/name@3, an alias as in department/name@production,"
            " or leave '@3' out for the latest."
        )
    return name, revision


def path_of(name: str) -> str:
    """The name as two segments of an address."""
    return "/".join(quote(part, safe="") for part in split_name(name))


def title_of(name: str) -> str:
    """A name in words: "support/refund-helper" is titled "Refund helper"."""
    words = name.partition("/")[2].replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
