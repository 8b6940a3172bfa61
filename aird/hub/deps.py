"""What a Hub route asks for: a caller with a token, the trees, the model a client names, addresses to answer with."""

from typing import Annotated, Any

from fastapi import Depends, Request

from aird.auth.deps import current_caller
from aird.auth.permissions import Actor, Permission, allowed_somewhere
from aird.core.errors import NotAuthenticated, NotPermitted
from aird.core.settings import Settings
from aird.hub.trees import Trees

ROOT = "/hf"


def hub_permit(permission: Permission) -> Any:
    """A dependency that gives the Actor behind a token, who has `permission` in at least one department."""

    def check(request: Request) -> Actor:
        if not request.headers.get("authorization"):
            raise NotAuthenticated(
                "Set HF_TOKEN to a token of aird; `aird tokens create` makes one. Nothing is shown without.",
                anonymous=True,
            )
        actor = current_caller(request).actor
        if not allowed_somewhere(actor, permission):
            raise NotPermitted(
                f"This needs the right {permission.value}, which none of your roles has. Ask an admin.",
                permission=permission.value,
            )
        return actor

    check.permission = permission  # type: ignore[attr-defined]
    return Depends(check)


Reader = Annotated[Actor, hub_permit(Permission.READ_MODELS)]
Writer = Annotated[Actor, hub_permit(Permission.WRITE_MODELS)]


def trees_of(request: Request) -> Trees:
    """The reader of trees the application was made with."""
    found: Trees = request.app.state.trees
    return found


CurrentTrees = Annotated[Trees, Depends(trees_of)]


def endpoint(request: Request) -> str:
    """The address that clients have as HF_ENDPOINT."""
    settings: Settings = request.app.state.settings
    return (settings.public_url or str(request.base_url)).rstrip("/") + ROOT


Endpoint = Annotated[str, Depends(endpoint)]
