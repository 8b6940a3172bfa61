"""How things are named: `department/name`, and `department/name@3` for one version of it. Pure."""

from urllib.parse import quote

from aird.client.errors import BadReference


def split_name(name: str) -> tuple[str, str]:
    """("support", "agent") of "support/agent"; raises BadReference. Whether it is there, the server says."""
    department, slash, rest = name.partition("/")
    if not (department and slash and rest) or "/" in rest or "@" in name or {department, rest} & {".", ".."}:
        raise BadReference(f"{name!r} is not a name. Write department/name, for example support/agent.")
    return department, rest


def split_ref(ref: str) -> tuple[str, int | None]:
    """("support/agent", 3) of "support/agent@3"; the number is None when the latest version is meant."""
    name, at, number = ref.partition("@")
    split_name(name)
    if not at or number == "latest":
        return name, None
    if not (number.isascii() and number.isdigit()) or int(number) < 1:
        raise BadReference(f"{ref!r} is not a version. Write department/name@3, or leave '@3' out for the latest.")
    return name, int(number)


def path_of(name: str) -> str:
    """The name as two segments of an address."""
    return "/".join(quote(part, safe="") for part in split_name(name))
