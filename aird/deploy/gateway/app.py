"""The OpenAI-compatible gateway: one raw ASGI application, mounted at /v1 of the server or run by itself.

    GET  /v1/models, /v1/models/{department}/{endpoint}
    POST /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/responses
    /v1/files, /v1/fine_tuning/jobs       handed to `facade`, an application of its own
    GET  /v1/metrics               for Prometheus, with the token of somebody who may see the house's health

`model` is an endpoint, or one version of those that stand behind endpoints: `support/desk@3f9a1c` (as answers name
it) or `support/assistant@3`. The id of an answer is also the header x-request-id and the ledger's request id.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from aird.auth.models import TokenKind
from aird.auth.permissions import Permission, allowed_somewhere
from aird.auth.service import Caller
from aird.core.db import Database
from aird.core.errors import AirdError, NotOffered, NotPermitted, TooLarge
from aird.core.settings import Settings
from aird.deploy.delivery.shadow import Shadow
from aird.deploy.errors import ModelNotServed
from aird.deploy.gateway.access import FRESHER_SECONDS, Access, may_use
from aird.deploy.gateway.capture import Capture, keeps_out
from aird.deploy.gateway.meter import Meter
from aird.deploy.gateway.protocol import chat, completions, embeddings, responses
from aird.deploy.gateway.protocol.asked import Asked
from aird.deploy.gateway.protocol.errors import MethodNotAllowed, UnknownAddress
from aird.deploy.gateway.protocol.offers import offered
from aird.deploy.gateway.relay import Answer, Relay, Watcher, failure, new_id
from aird.deploy.gateway.reply import ClientGone, Receive, Reply, Scope, Send, named, while_listening
from aird.deploy.gateway.upstream import Upstream
from aird.deploy.routing import Arm, Route, choose

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PARSERS: dict[str, Callable[..., Asked]] = {
    "chat/completions": chat.parse,
    "completions": completions.parse,
    "embeddings": embeddings.parse,
    "responses": responses.parse,
}
FACADE = frozenset({"files", "fine_tuning"})
NOT_OFFERED = frozenset(
    {"agents", "assistants", "audio", "batches", "chat", "chatkit", "containers", "content_provenance_checks"}
    | {"conversations", "decisions", "evals", "images", "live", "moderations", "organization", "projects", "realtime"}
    | {"responses", "safety", "skills", "threads", "uploads", "vaults", "vector_stores", "videos"}
    | {"webhook_endpoints", "webhook_event_types"}
)
"""Parts of OpenAI's API that exist there and not here."""


class Gateway:
    """The ASGI application. Close it when the server ends."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        facade: Application | None = None,
        watchers: Sequence[Watcher] = (),
    ) -> None:
        self._default_max_tokens, self._limit = settings.max_tokens_default, settings.max_body_bytes
        self._offers = offered(settings.vllm_args)
        self._access = Access(database, settings)
        self._upstream = Upstream(settings.engine_key.get_secret_value() if settings.engine_key else "")
        self.meter = Meter(database, settings)
        self._shadow = Shadow(database, self.meter, self._upstream, lambda: self._access.routes())
        self._capture = Capture(database, self.meter.figures)
        self._relay = Relay(self.meter, self._upstream, (*watchers, self._shadow, self._capture))
        self._facade = facade

    async def start(self) -> None:
        """Settle what a killed gateway left, before the first request comes."""
        await self.meter.start()
        self._capture.start()

    async def close(self) -> None:
        """Finish writing the ledger, drop the connections."""
        await self._shadow.close()
        await self._capture.close()
        await self.meter.close()
        await self._upstream.close()
        self._access.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
            if message["type"] == "lifespan.shutdown":
                await self.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _path(scope)
        if self._facade is not None and path.partition("/")[0] in FACADE:
            await self._facade({**scope, "path": f"/{path}", "root_path": "", "app": None}, receive, named(send))
            return
        reply = Reply(send)
        try:
            await self._dispatch(path, scope, receive, reply)
        except ClientGone:
            return
        except AirdError as error:
            await reply.error(error)
        except Exception as error:
            await reply.error(failure(error))

    async def _dispatch(self, path: str, scope: Scope, receive: Receive, reply: Reply) -> None:
        method, parse = scope["method"], PARSERS.get(path)
        if parse is not None:
            _require_method(method, "POST")
            caller = await self._access.caller(scope)
            asked = parse(await self._body(receive), default_max_tokens=self._default_max_tokens)
            if keeps_out(scope["headers"]):
                asked = replace(asked, private=True)
            answer = await self._admitted(caller, asked, reply)
            await while_listening(receive, self._relay.carry(answer, reply))
        elif path == "models" or path.startswith("models/"):
            _require_method(method, "GET")
            caller = await self._access.caller(scope)
            await self._models(caller, path.removeprefix("models").removeprefix("/"), reply)
        elif path == "metrics":
            _require_method(method, "GET")
            await self._metrics(await self._access.caller(scope), reply)
        elif path.partition("/")[0] in NOT_OFFERED | FACADE:
            raise NotOffered(
                f"/v1/{path[:96]} is not offered. Offered are models, {', '.join(PARSERS)}, files and fine_tuning/jobs."
            )
        else:
            raise UnknownAddress(f"There is nothing at /v1/{path[:96]}.")

    async def _metrics(self, caller: Caller, reply: Reply) -> None:
        """This process's figures as Prometheus reads them, to people who may see the house's health."""
        by_key = caller.token is not None and caller.token.kind is TokenKind.KEY
        if by_key or not allowed_somewhere(caller.actor, Permission.READ_HEALTH):
            raise NotPermitted("This needs the right health.read, by a token of kind `user`. Ask an admin.")
        await reply.text(generate_latest(self.meter.figures.registry), CONTENT_TYPE_LATEST)

    async def _admitted(self, caller: Caller, asked: Asked, reply: Reply) -> Answer:
        """The answer to be, on the arm that this caller meets. Raises what Access.route does, FieldRefused."""
        route, pinned = await self._routed(caller, asked.model)
        token = caller.token
        sticky = str(token.id if token else caller.actor.id)
        request_id = new_id(asked)
        arm = pinned or choose(route, f"{sticky}\0{asked.session}" if asked.session else sticky, request_id)
        asked.check(self._offers.get(arm.runtime, frozenset()), route.name)
        reply.request_id = request_id
        reply.headers.append((b"x-aird-unit", arm.unit.encode()))
        if asked.ignored:
            reply.headers.append((b"x-aird-ignored", ", ".join(asked.ignored).encode()))
        return Answer(caller, route, arm, asked, request_id)

    async def _routed(self, caller: Caller, model: str) -> tuple[Route, Arm | None]:
        """The route of a model's name, and the arm that the name pins."""
        if "@" in model:
            return await self._access.pinned(caller, model)
        return await self._access.route(caller, model), None

    async def _body(self, receive: Receive) -> bytes:
        parts, size = list[bytes](), 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._limit:
                raise TooLarge(f"The body is larger than {self._limit} bytes.", limit=self._limit)
            if not message.get("more_body", False):
                return b"".join(parts)

    async def _models(self, caller: Caller, name: str, reply: Reply) -> None:
        if "@" in name:
            route, _ = await self._routed(caller, name)
            await reply.json({**_model(route), "id": name})
            return
        usable = [each for each in (await self._access.routes(FRESHER_SECONDS)).values() if may_use(caller, each)]
        if not name:
            await reply.json({"object": "list", "data": [_model(each) for each in usable if each.arms]})
            return
        found = next((each for each in usable if each.name == name), None)
        if found is None:
            raise ModelNotServed(f"There is no endpoint {name[:96]!r} that you may use.", param="model")
        await reply.json(_model(found))


def _path(scope: Scope) -> str:
    """The path below /v1, mounted there or not."""
    path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
    return path.removeprefix("/v1").strip("/")


def _require_method(method: str, wanted: str) -> None:
    if method != wanted:
        raise MethodNotAllowed(f"This address takes {wanted}, not {method}.", allow=wanted)


def _model(route: Route) -> dict[str, Any]:
    return {"id": route.name, "object": "model", "created": route.created, "owned_by": route.department}
