"""The names of the catalog: `department/model`, and `department/model@3` or `@production` for one version of it.

One rule for departments and models (a "slug"), kept inside what the Hugging Face clients accept as a
repository id, so that every model can be pulled under its own name, and inside what is harmless as a path
segment, an argument of a command and a host label.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from aird.core.errors import Refused

SLUG_LENGTH = 63
NAME_LENGTH = 96
VERSION_DIGITS = 9
ALIAS_LENGTH = 64
ALIAS_PATTERN = r"^[a-z](?:[a-z0-9._-]{0,62}[a-z0-9])?$"
SLUG_PATTERN = r"^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$"
NAME_PATTERN = r"^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?/[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$"

# Words that are a fixed part of an address of aird or of the Hub protocol, or that YAML reads as something
# else.
RESERVED = frozenset(
    {
        *(
            "api",
            "v1",
            "hub",
            "assets",
            "static",
            "models",
            "datasets",
            "spaces",
            "versions",
            "new",
            "latest",
        ),
        *("resolve", "raw", "tree", "blob", "commit", "revision", "refs", "none", "null", "true", "false"),
    }
)
# File names that some file systems take for a device, whatever ending follows.
DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})

_slug = re.compile(SLUG_PATTERN.removesuffix("$") + r"\Z", re.ASCII)
_version = re.compile(rf"[1-9][0-9]{{0,{VERSION_DIGITS - 1}}}\Z", re.ASCII)
_alias = re.compile(ALIAS_PATTERN.removesuffix("$") + r"\Z", re.ASCII)
# What the Hub protocol reads as a branch, a version's number or (the beginning of) a commit's sha.
_other_revision = re.compile(r"(main|master|head|v[0-9]+|[0-9a-f]{7,40})\Z", re.ASCII)


class NameRefused(Refused, ValueError):
    """This cannot be a name"""


def check_slug(text: str) -> str:
    """`text` when it may name a department or a model; raises NameRefused."""
    shown = _shown(text)
    if not text:
        raise NameRefused("A name cannot be empty. Write for example 'support'.", name="")
    if len(text) > SLUG_LENGTH:
        raise NameRefused(
            f"The name {shown} has {len(text)} characters; at most {SLUG_LENGTH} are allowed. Shorten it.",
            name=shown,
        )
    if not _slug.match(text):
        raise NameRefused(
            f"The name {shown} is not allowed: use lower-case letters a-z, digits, '.', '_' and '-', and"
            " begin and end with a letter or a digit, for example 'customer-support'.",
            name=shown,
        )
    for pair in ("..", "--"):
        if pair in text:
            raise NameRefused(
                f"The name {shown} contains '{pair}', which model clients refuse. Use a single '{pair[0]}'.",
                name=shown,
            )
    if text in RESERVED or text.split(".")[0] in DEVICES:
        raise NameRefused(
            f"The name {shown} is reserved: it is part of an address or of the file system. Add a word, for"
            f" example '{text.split('.')[0]}-team'.",
            name=shown,
        )
    if text.endswith(".git"):
        raise NameRefused(f"The name {shown} ends in '.git', which model clients refuse. Drop it.", name=shown)
    return text


def check_name(text: str) -> str:
    """`text` when it is `department/model`; raises NameRefused."""
    shown = _shown(text)
    parts = text.split("/")
    if len(parts) != 2:
        raise NameRefused(
            f"{shown} is not the name of a model: write 'department/model' with exactly one '/'.", name=shown
        )
    if len(text) > NAME_LENGTH:
        raise NameRefused(
            f"The name {shown} has {len(text)} characters; department and model together may have"
            f" {NAME_LENGTH}. Shorten it.",
            name=shown,
        )
    for part in parts:
        check_slug(part)
    return text


def check_alias(text: str) -> str:
    """`text` when it may name an alias; raises NameRefused."""
    shown = _shown(text)
    if not _alias.match(text) or ".." in text:
        raise NameRefused(
            f"{shown} cannot name an alias: use up to {ALIAS_LENGTH} lower-case letters a-z, digits, '.', '_' and '-',"
            " and begin with a letter, for example 'production'.",
            name=shown,
        )
    if text in RESERVED or _other_revision.match(text):
        raise NameRefused(
            f"{shown} cannot name an alias: model clients read it as a branch, a number or a commit. Choose another"
            " word, for example 'production'.",
            name=shown,
        )
    return text


Slug = Annotated[
    str,
    StringConstraints(min_length=1, max_length=SLUG_LENGTH),
    AfterValidator(check_slug),
    WithJsonSchema({"type": "string", "pattern": SLUG_PATTERN, "maxLength": SLUG_LENGTH}),
]
ModelName = Annotated[
    str,
    StringConstraints(min_length=3, max_length=NAME_LENGTH),
    AfterValidator(check_name),
    WithJsonSchema({"type": "string", "pattern": NAME_PATTERN, "maxLength": NAME_LENGTH}),
]

AliasName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=ALIAS_LENGTH),
    AfterValidator(check_alias),
    WithJsonSchema({"type": "string", "pattern": ALIAS_PATTERN, "maxLength": ALIAS_LENGTH}),
]


@dataclass(frozen=True, order=True)
class VersionRef:
    """A version as people write it: `department/model@3`, `department/model@production`, or without either, the latest.

    At most one of `number` and `alias` is given.
    """

    department: str
    model: str
    number: int | None = None
    alias: str | None = None

    @property
    def name(self) -> str:
        return f"{self.department}/{self.model}"

    def __str__(self) -> str:
        which = self.alias or self.number
        return self.name if which is None else f"{self.name}@{which}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises NameRefused for anything but `department/model`, with `@number` or `@alias` or without."""
        name, at, which = text.partition("@")
        check_name(name)
        department, _, model = name.partition("/")
        if not at:
            return cls(department, model)
        if _version.match(which):
            return cls(department, model, int(which))
        try:
            return cls(department, model, alias=check_alias(which))
        except NameRefused:
            raise NameRefused(
                f"{_shown(text)}: what follows '@' must be a version's number or an alias, for example '{name}@3' or"
                f" '{name}@production'; '{name}' alone means its latest version.",
                name=_shown(text),
            ) from None


def _shown(text: str) -> str:
    """The text as it may stand in a message: escaped and short."""
    return repr(text if len(text) <= 80 else text[:77] + "...")
