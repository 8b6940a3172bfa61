"""Model references of a mergekit recipe, read as versions of the catalog.

mergekit takes a reference for a local path or, failing that, for a repository of the public Hub. Here a
reference is a version of the catalog and nothing else: it never reaches the file system or the network.
"""

import re
from typing import Any

from aird.catalog.names import NameRefused, VersionRef, check_alias
from aird.core.recipe_yaml import RecipeRefused

SCHEME = "aird://"
_place = re.compile(r"[a-z][a-z0-9+.-]*:|//|[/~.\\]|.*(?:\\|\.\.|%)", re.IGNORECASE | re.DOTALL)
_digits = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_how = "Write 'department/model@3' for a version of the catalog or 'department/model' for its latest."


def read_reference(value: Any, key: str) -> tuple[VersionRef, VersionRef | None]:
    """(model, lora) of "model", "model+lora" or {"model": {"path", "revision"}, "lora": {...}}."""
    if isinstance(value, str):
        parts = value.split("+")
        if len(parts) > 2:
            raise RecipeRefused(
                f"{key}: {_shown(value)} has more than one '+'; a reference is 'base' or 'base+adapter'.",
                reason="bad_reference",
                key=key,
            )
        return _version(parts[0], key), _version(parts[1], key) if len(parts) == 2 else None
    if not isinstance(value, dict) or "model" not in value:
        raise RecipeRefused(f"{key} does not name a model. {_how}", reason="bad_reference", key=key)
    for name in value:
        if name == "override_architecture":
            raise RecipeRefused(
                f"{key}.override_architecture is not supported: the catalog knows each version's"
                " architecture. Remove it.",
                reason="not_supported",
                key=f"{key}.{name}",
            )
        if name not in ("model", "lora"):
            raise RecipeRefused(
                f"{key}.{_plain(name)} is not known; a reference has 'model' and 'lora'. Remove it.",
                reason="unknown_key",
                key=f"{key}.{_plain(name)}",
            )
    lora = value.get("lora")
    return _path(value["model"], f"{key}.model"), None if lora is None else _path(lora, f"{key}.lora")


def _path(value: Any, key: str) -> VersionRef:
    if isinstance(value, str):
        return _version(value, key)
    if not isinstance(value, dict) or not isinstance(value.get("path"), str):
        raise RecipeRefused(f"{key} needs a 'path'. {_how}", reason="bad_reference", key=key)
    for name in value:
        if name not in ("path", "revision"):
            raise RecipeRefused(
                f"{key}.{_plain(name)} is not known; it has 'path' and 'revision'. Remove it.",
                reason="unknown_key",
                key=f"{key}.{_plain(name)}",
            )
    revision = value.get("revision")
    if revision is None:
        return _version(value["path"], f"{key}.path")
    if isinstance(revision, bool) or not (_digits.fullmatch(str(revision)) or _is_alias(revision)):
        raise RecipeRefused(
            f"{key}.revision must be a version's number such as 3 or an alias, not {_shown(str(revision))}.",
            reason="bad_reference",
            key=f"{key}.revision",
        )
    return _version(f"{value['path']}@{revision}", f"{key}.path")


def _is_alias(revision: Any) -> bool:
    try:
        return isinstance(revision, str) and bool(check_alias(revision))
    except NameRefused:
        return False


def _version(text: str, key: str) -> VersionRef:
    stripped = text.strip().removeprefix(SCHEME)
    if _place.match(stripped):
        raise RecipeRefused(
            f"{key}: {_shown(text)} looks like a path or an address. aird merges versions of its own"
            " catalog only and opens"
            f" no files or addresses named by a recipe. {_how}",
            reason="path_or_url",
            key=key,
        )
    try:
        return VersionRef.parse(stripped)
    except NameRefused as error:
        raise RecipeRefused(f"{key}: {error.message} {_how}", reason="bad_reference", key=key) from None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _plain(key: Any) -> str:
    """A key of the recipe as it may stand in a message."""
    return str(key)[:40]
