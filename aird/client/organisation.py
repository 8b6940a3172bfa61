"""Departments, people and their tokens."""

from collections.abc import Iterator, Mapping, Sequence

from aird.client.transport import Json, Transport


class Departments:
    """The departments of the organisation."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[Json]:
        """Every department as {id, key, title}."""
        return self._transport.pages("/departments")

    def create(self, key: str, *, title: str) -> Json:
        """Open a department."""
        found: Json = self._transport.post("/departments", {"key": key, "title": title})
        return found


class People:
    """Who works with aird, and in which role."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[Json]:
        """Everybody with their roles."""
        return self._transport.pages("/people")

    def create(
        self,
        username: str,
        *,
        display_name: str,
        roles: Sequence[Mapping[str, str | None]] = (),
        password: str | None = None,
    ) -> Json:
        """Add a person; roles are {role, department or None}."""
        body: Json = {
            "username": username,
            "display_name": display_name,
            "roles": [dict(each) for each in roles],
        }
        if password is not None:
            body["password"] = password
        found: Json = self._transport.post("/people", body)
        return found

    def give_role(self, username: str, role: str, *, department: str | None = None) -> Json:
        """Give one more role, in a department or (None) everywhere."""
        found: Json = self._transport.post(f"/people/{username}/roles", {"role": role, "department": department})
        return found

    def login_link(self, username: str) -> Json:
        """A link that signs the person in once: {url, expires_at}."""
        found: Json = self._transport.post(f"/people/{username}/login-link")
        return found


class Tokens:
    """Keys for programs: a person's own ("user") or a department's ("key")."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[Json]:
        """The tokens you may see; never the secrets."""
        return self._transport.pages("/tokens")

    def create(
        self,
        name: str,
        *,
        kind: str = "user",
        days: int | None = None,
        department: str | None = None,
        person: str | None = None,
    ) -> Json:
        """A new token; its `token` field is shown this once."""
        more = {"days": days, "department": department, "person": person}
        body: Json = {"name": name, "kind": kind}
        found: Json = self._transport.post("/tokens", body | {k: v for k, v in more.items() if v is not None})
        return found

    def revoke(self, token_id: str) -> None:
        """End a token now."""
        self._transport.call("DELETE", f"/tokens/{token_id}")
