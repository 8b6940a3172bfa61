"""Departments, people and their tokens."""

from collections.abc import AsyncIterator, Mapping, Sequence

from aird.client._async.transport import AsyncTransport
from aird.client.http import Json
from aird.client.schema_gen import DepartmentRead, LoginLinkRead, PersonRead, SampleRead, TokenCreated, TokenRead


class AsyncDepartments:
    """The departments of the organisation."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self) -> AsyncIterator[DepartmentRead]:
        """Every department as {id, key, title, quota_bytes}."""
        return self._transport.pages(DepartmentRead, "/departments")

    async def create(self, key: str, *, title: str, sample: bool = False) -> DepartmentRead:
        """Open a department; a sample one can be taken away with all that is its own."""
        body: Json = {"key": key, "title": title} | ({"sample": True} if sample else {})
        return DepartmentRead(await self._transport.post("/departments", body))

    async def set_quota(self, key: str, quota_bytes: int | None) -> DepartmentRead:
        """Bound what the department's models may take; None lets the house's own limit hold again."""
        body = {"quota_bytes": quota_bytes}
        return DepartmentRead(await self._transport.call("PATCH", f"/departments/{key}", json=body))


class AsyncPeople:
    """Who works with aird, and in which role."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self) -> AsyncIterator[PersonRead]:
        """Everybody with their roles."""
        return self._transport.pages(PersonRead, "/people")

    async def create(
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
        return PersonRead(await self._transport.post("/people", body))

    async def give_role(self, username: str, role: str, *, department: str | None = None) -> PersonRead:
        """Give one more role, in a department or (None) everywhere."""
        return PersonRead(
            await self._transport.post(f"/people/{username}/roles", {"role": role, "department": department})
        )

    async def login_link(self, username: str) -> LoginLinkRead:
        """A link that signs the person in once: {url, expires_at}."""
        return LoginLinkRead(await self._transport.post(f"/people/{username}/login-link"))


class AsyncTokens:
    """Keys for programs: a person's own ("user") or a department's ("key")."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self) -> AsyncIterator[TokenRead]:
        """The tokens you may see; never the secrets."""
        return self._transport.pages(TokenRead, "/tokens")

    async def create(
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
        return TokenCreated(
            await self._transport.post("/tokens", body | {k: v for k, v in more.items() if v is not None})
        )

    async def revoke(self, token_id: str) -> None:
        """End a token now."""
        await self._transport.call("DELETE", f"/tokens/{token_id}")


class AsyncSample:
    """The sample organisation, for administrators."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get(self) -> SampleRead:
        """What of it is here and what keeps it from going; no departments when there is none."""
        return SampleRead(await self._transport.get("/sample"))

    async def remove(self) -> SampleRead:
        """Take it away with all that is its own, for good; says what went."""
        return SampleRead(await self._transport.call("DELETE", "/sample"))
