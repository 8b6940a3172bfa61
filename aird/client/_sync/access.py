# Written by scripts/make-client.py from aird/client/_async/access.py; change that one.
"""Aliases of a model, and who outside its department may use its weights."""

import builtins
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from aird.client._sync.transport import Transport
from aird.client.http import Json
from aird.client.refs import path_of
from aird.client.schema_gen import AccessRequestRead, AliasAt, AliasMoveRead, AliasRead, GrantRead


class Aliases:
    """Names such as `production` that point at one version of a model, and everything they ever pointed at."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, model: str) -> builtins.list[AliasRead]:
        """Every alias of the model and where it points."""
        return [AliasRead(each) for each in self._transport.get(f"/models/{path_of(model)}/aliases")]

    def get(self, model: str, alias: str) -> AliasRead:
        """One alias and where it points."""
        return AliasRead(self._transport.get(self._path(model, alias)))

    def set(self, model: str, alias: str, version: int, *, reason: str, protected: bool | None = None) -> AliasRead:
        """Have the alias point at a version; a protected one moves through an approval only."""
        body: Json = {"version": version, "reason": reason}
        if protected is not None:
            body["protected"] = protected
        return AliasRead(self._transport.call("PUT", self._path(model, alias), json=body))

    def remove(self, model: str, alias: str, *, reason: str) -> None:
        """Take the alias away; its history stays."""
        self._transport.call("DELETE", self._path(model, alias), params={"reason": reason})

    def history(self, model: str, alias: str, *, limit: int | None = None) -> Iterator[AliasMoveRead]:
        """Every move of the alias, the newest first: when, by whom, why, from where to where."""
        return self._transport.pages(AliasMoveRead, f"{self._path(model, alias)}/history", limit=limit)

    def at(self, model: str, alias: str, moment: datetime | str) -> AliasAt:
        """What the alias pointed at in a moment (ISO 8601 or a datetime with its zone)."""
        when = moment.isoformat() if isinstance(moment, datetime) else moment
        return AliasAt(self._transport.get(f"{self._path(model, alias)}/at", {"moment": when}))

    def _path(self, model: str, alias: str) -> str:
        return f"/models/{path_of(model)}/aliases/{quote(alias, safe='')}"


class Access:
    """Requests for a model's weights, and grants of them to departments."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def requests(self, model: str) -> builtins.list[AccessRequestRead]:
        """Who asked for the weights, the oldest first: everybody for who decides, one's own request for others."""
        found = self._transport.get(f"/models/{path_of(model)}/access-requests")
        return [AccessRequestRead(each) for each in found]

    def ask(self, model: str, **answers: Any) -> AccessRequestRead:
        """Ask for the weights of a gated model; `answers` are to the questions of its card."""
        path = f"/models/{path_of(model)}/access-requests"
        return AccessRequestRead(self._transport.post(path, {"fields": answers}))

    def decide(self, model: str, request: str, *, state: str, reason: str = "") -> AccessRequestRead:
        """Decide a request: state is "accepted", "rejected" or "pending"; who asked is told the reason."""
        path = f"/models/{path_of(model)}/access-requests/{quote(request, safe='')}"
        return AccessRequestRead(self._transport.post(path, {"state": state, "reason": reason}))

    def grants(self, model: str) -> builtins.list[GrantRead]:
        """The departments whose staff may use the weights."""
        return [GrantRead(each) for each in self._transport.get(f"/models/{path_of(model)}/grants")]

    def grant(self, model: str, department: str) -> GrantRead:
        """Let a department's staff use the weights."""
        return GrantRead(self._transport.call("PUT", self._path(model, department)))

    def revoke(self, model: str, department: str) -> None:
        """Take a grant back; what was built meanwhile stays."""
        self._transport.call("DELETE", self._path(model, department))

    def _path(self, model: str, department: str) -> str:
        return f"/models/{path_of(model)}/grants/{quote(department, safe='')}"
