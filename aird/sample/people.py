"""Who works in the sample organisation, and how each of them reaches the API: with a token of their own."""

from typing import Any

from aird.client import Client
from aird.client.errors import ApiProblem
from aird.sample.departments import departments

PLATFORM = "platform"

PEOPLE: dict[str, tuple[str, str, str | None]] = {
    "lin": ("Lin Wei", "lead", "support"),
    "omar": ("Omar Haddad", "lead", "finance"),
    "mei": ("Mei Tan", "lead", "hr"),
    "ines": ("Inês Duarte", "lead", PLATFORM),
    "sam": ("Sam Okafor", "staff", None),
    "rui": ("Rui Costa", "staff", None),
    "noor": ("Noor Aziz", "auditor", None),
}
"""Display name, role and department (None: the whole organisation)."""


def found(admin: Client) -> None:
    """Open the departments and let everybody in; nothing happens for those who are there already."""
    titles = {each.key: each.title["en"] for each in departments()} | {PLATFORM: "Model platform"}
    there = {each["key"] for each in admin.departments.list()}
    for key, title in titles.items():
        if key not in there:
            admin.departments.create(key, title=title, sample=True)
    known = {each["username"] for each in admin.people.list()}
    for username, (name, role, department) in PEOPLE.items():
        if username not in known:
            roles = [{"role": role, "department": department}]
            admin.people.create(username, display_name=name, roles=roles, sample=True)


def sign_in(admin: Client, username: str) -> Client:
    """A client that acts as this person, for a day."""
    token = admin.tokens.create(f"sample {username}", person=username, days=1)
    return Client(admin.url, token["token"])


def ensure(make: Any, *args: Any, **more: Any) -> bool:
    """Call `make` unless the thing is there already; True when it was made."""
    try:
        make(*args, **more)
    except ApiProblem as problem:
        if problem.status != 409:
            raise
        return False
    return True
