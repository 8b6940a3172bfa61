"""Who am I, and the small questions that clients ask of every Hub."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from aird.auth import queries as auth_queries
from aird.auth.deps import ReadSession, current_caller, public
from aird.auth.models import Person
from aird.auth.permissions import Permission, departments_where
from aird.catalog import cards
from aird.catalog.errors import CardRefused
from aird.core.errors import NotAuthenticated
from aird.hub.deps import Reader
from aird.hub.shapes import moment

router = APIRouter()


class YamlBody(BaseModel):
    """A README whose head is to be looked at."""

    content: str = Field(max_length=4 * 2**20)
    repoType: str | None = None  # noqa: N815


@router.get("/api/whoami-v2")
def whoami(session: ReadSession, request: Request, actor: Reader) -> dict[str, Any]:
    """The person behind the token; organisations are the departments where they have a role."""
    person = session.get(Person, actor.id)
    token = current_caller(request).token
    if person is None or token is None:
        raise NotAuthenticated("This account is closed.")
    keys = auth_queries.department_keys(session)
    everywhere, own = departments_where(actor.grants, Permission.READ_MODELS)
    writes_all, writes = departments_where(actor.grants, Permission.WRITE_MODELS)
    mine = keys if everywhere else {each: keys[each] for each in own if each in keys}
    return {
        "type": "user",
        "id": str(person.id),
        "name": person.username,
        "fullname": person.display_name,
        "email": None,
        "emailVerified": False,
        "canPay": False,
        "isPro": False,
        "orgs": [
            {
                "type": "org",
                "id": str(id),
                "name": key,
                "fullname": key,
                "roleInOrg": "write" if writes_all or id in writes else "read",
            }
            for id, key in sorted(mine.items(), key=lambda pair: pair[1])
        ],
        "auth": {
            "type": "access_token",
            "accessToken": {
                "displayName": token.name,
                "role": "write" if writes_all or writes else "read",
                "createdAt": moment(token.created_at),
            },
        },
    }


@router.get("/api/agent-harnesses")
@public
def agent_harnesses() -> dict[str, Any]:
    """Nothing; an empty answer keeps the command line from asking again for a day."""
    return {"standardEnvVars": [], "harnesses": {}}


@router.post("/api/validate-yaml")
def validate_yaml(body: YamlBody, _actor: Reader) -> JSONResponse:
    """Whether the head of a README can be read as a model card."""
    try:
        cards.read(body.content)
    except CardRefused as error:
        return JSONResponse({"errors": [{"message": error.message}], "warnings": [], "error": error.message}, 400)
    return JSONResponse({"errors": [], "warnings": []})


@router.head("/api/telemetry/{topic:path}")
@router.get("/api/telemetry/{topic:path}")
@public
def telemetry(topic: str) -> Response:
    """Taken and thrown away."""
    return Response(status_code=200)
