# Written by scripts/make-client.py from aird/client/_async/organisation.py; change that one.
"""Departments, people and their tokens."""

from collections.abc import Iterator, Mapping, Sequence

from aird.client._sync.transport import Transport
from aird.client.http import Json
from aird.client.schema_gen import DepartmentRead, LoginLinkRead, PersonRead, SampleRead, TokenCreated, TokenRead


class Departments:
    """The departments of the organisation."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[DepartmentRead]:
        """Every department as {id, key, title, quota_bytes}."""
        return self._transport.pages(DepartmentRead, "/departments")

    def create(self, key: str, *, title: str, sample: bool = False) -> DepartmentRead:
        """Open a department; a sample one can be taken away with all that is its own."""
        body: Json = {"key": key, "title": title} | ({"sample": True} if sample else {})
        return DepartmentRead(self._transport.post("/departments", body))

    def set_quota(self, key: str, quota_bytes: int | None) -> DepartmentRead:
        """Bound what the department's models may take; None lets the house's own limit hold again."""
        body = {"quota_bytes": quota_bytes}
        return DepartmentRead(self._transport.call("PATCH", f"/departments/{key}", json=body))


class People:
    """Who works with aird, and in which role."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[PersonRead]:
        """Everybody with their roles."""
        return self._transport.pages(PersonRead, "/people")

    def create(
        self,
        username: str,
        *,
        display_name: str,
        roles: Sequence[Mapping[str, str | None]] = (),
        password: str | None = None,
        sample: bool = False,
    ) -> PersonRead:
        """Add a person; roles are {role, department or None}. A sample one goes with the sample organisation."""
        body: Json = {
            "username": username,
            "display_name": display_name,
            "roles": [dict(each) for each in roles],
        }
        if password is not None:
            body["password"] = password
        if sample:
            body["sample"] = True
        return PersonRead(self._transport.post("/people", body))

    def give_role(self, username: str, role: str, *, department: str | None = None) -> PersonRead:
        """Give one more role, in a department or (None) everywhere."""
        return PersonRead(self._transport.post(f"/people/{username}/roles", {"role": role, "department": department}))

    def login_link(self, username: str) -> LoginLinkRead:
        """A link that signs the person in once: {url, expires_at}."""
        return LoginLinkRead(self._transport.post(f"/people/{username}/login-link"))


class Tokens:
    """Keys for programs: a person's own ("user") or a department's ("key")."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[TokenRead]:
        """The tokens you may see; never the secrets."""
        return self._transport.pages(TokenRead, "/tokens")

    def create(
        self,
        name: str,
        *,
        kind: str = "user",
        days: int | None = None,
        department: str | None = None,
        person: str | None = None,
    ) -> TokenCreated:
        """A new token; its `token` field is shown this once."""
        more = {"days": days, "department": department, "person": person}
        body: Json = {"name": name, "kind": kind}
        return TokenCreated(self._transport.post("/tokens", body | {k: v for k, v in more.items() if v is not None}))

    def revoke(self, token_id: str) -> None:
        """End a token now."""
        self._transport.call("DELETE", f"/tokens/{token_id}")


class Sample:
    """The sample organisation, for administrators."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self) -> SampleRead:
        """What of it is here and what keeps it from going; no departments when there is none."""
        return SampleRead(self._transport.get("/sample"))

    def remove(self) -> SampleRead:
        """Take it away with all that is its own, for good; says what went."""
        return SampleRead(self._transport.call("DELETE", "/sample"))
