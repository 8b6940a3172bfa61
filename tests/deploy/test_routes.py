"""Endpoints over HTTP."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Visibility
from aird.testing import World
from tests.deploy.conftest import Stage, approved, make_app, make_key

NAME = "/api/v1/endpoints/support/desk"


class Caller:
    """Somebody with a token."""

    def __init__(self, client: TestClient, secret: str) -> None:
        self._client, self._headers = client, {"authorization": f"Bearer {secret}"}

    def get(self, path: str) -> Any:
        return self._client.get(path, headers=self._headers)

    def post(self, path: str, **body: object) -> Any:
        return self._client.post(path, json=body, headers=self._headers)


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with TestClient(make_app(Stage(world))) as opened:
        yield opened


@pytest.fixture
def sam(world: World, client: TestClient) -> Caller:
    return Caller(client, world.token("sam"))


def test_an_approval_is_deployed_rolled_back_and_stopped(world: World, sam: Caller):
    versions = [approved(world, "support/bot") for _ in range(2)]
    with world.database.read() as session:
        clearance = catalog_queries.clearance(session, versions[0], "support/desk")
    assert clearance is not None
    first = sam.post(f"{NAME}/deploy", approval=str(clearance.approval_id)).json()
    assert first["current"]["version"] == "support/bot@1"
    assert first["current"]["approval"] == str(clearance.approval_id)
    assert (first["state"], first["model"], first["previous"]) == ("starting", "support/desk", None)
    second = sam.post(f"{NAME}/deploy", version="support/bot@2", digest=versions[1].artifact).json()
    assert (second["current"]["version"], second["previous"]["version"]) == ("support/bot@2", "support/bot@1")
    back = sam.post(f"{NAME}/rollback", reason="it is rude").json()
    assert [each["version"] for each in back["deployments"]] == ["support/bot@1", "support/bot@2", "support/bot@1"]
    assert back["deployments"][0]["reason"] == "it is rude"
    assert sam.post(f"{NAME}/stop", reason="no money").json()["state"] == "stopped"
    assert sam.get("/api/v1/endpoints").json()["items"][0]["current"] is None


def test_a_version_of_a_private_model_is_not_named(world: World, client: TestClient, sam: Caller):
    version = approved(world, "finance/secret")
    put = sam.post(f"{NAME}/deploy", version=version.ref, digest=version.artifact)
    assert put.json()["current"]["version"] == "finance/secret@1"
    with world.database.write() as session:
        catalog_queries.get_model(session, "finance/secret").visibility = Visibility.PRIVATE
    for who, name in (("lin", version.artifact[:19]), ("omar", "finance/secret@1")):
        caller = Caller(client, world.token(who))
        assert caller.get(NAME).json()["deployments"][0]["version"] == name
        [listed] = caller.get("/api/v1/endpoints").json()["items"]
        assert listed["current"]["version"] == name


def test_what_cannot_be_deployed_is_refused_with_a_code(world: World, sam: Caller):
    version = approved(world, "support/bot")
    world.version("support/draft")
    assert sam.post(f"{NAME}/deploy").json()["code"] == "nothing_named"
    assert sam.post(f"{NAME}/deploy", approval=str(uuid4())).json()["code"] == "not_cleared"
    assert sam.post(f"{NAME}/deploy", version="support/draft@1").json()["code"] == "version_not_approved"
    wrong = sam.post(f"{NAME}/deploy", version="support/bot@1", digest=f"sha256:{'0' * 64}")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "digest_not_approved")
    assert sam.post(f"{NAME}/rollback", reason="x").json()["code"] == "nothing_to_roll_back"
    assert sam.post(f"{NAME}/deploy", version="support/bot@1", digest=version.artifact).status_code == 200


def test_everybody_reads_endpoints_and_only_managers_change_them(world: World, client: TestClient, sam: Caller):
    lin = Caller(client, world.token("lin"))
    assert lin.get(NAME).json()["state"] == "empty"
    assert lin.post("/api/v1/endpoints", name="support/fresh", title="Fresh").status_code == 403
    assert lin.post(f"{NAME}/stop", reason="x").status_code == 403
    assert sam.post("/api/v1/endpoints", name="support/fresh", title="Fresh").status_code == 201
    assert sam.post("/api/v1/endpoints", name="support/fresh", title="Fresh").json()["code"] == "endpoint_exists"
    assert sam.post("/api/v1/endpoints", name="nowhere/fresh", title="Fresh").json()["code"] == "department_not_found"
    assert lin.get("/api/v1/endpoints/support/nothing").json()["code"] == "endpoint_not_found"


def test_the_list_comes_in_pages_and_by_department(sam: Caller):
    for name in ("finance/a", "finance/b"):
        sam.post("/api/v1/endpoints", name=name, title=name)
    first = sam.get("/api/v1/endpoints?limit=2").json()
    assert [each["name"] for each in first["items"]] == ["finance/a", "finance/b"]
    rest = sam.get(f"/api/v1/endpoints?limit=2&cursor={first['next']}").json()
    assert ([each["name"] for each in rest["items"]], rest["next"]) == (["support/desk"], None)
    assert len(sam.get("/api/v1/endpoints?department=finance").json()["items"]) == 2


def test_a_key_opens_the_gateway_and_nothing_else(world: World, client: TestClient):
    key = Caller(client, make_key(world, "support"))
    assert key.get("/api/v1/endpoints").status_code == 403
    assert key.get("/v1/models").json() == {"object": "list", "data": []}


def test_the_gateway_speaks_openais_envelope_for_every_refusal(world: World, client: TestClient, sam: Caller):
    def code(answer: Any) -> tuple[int, str]:
        return answer.status_code, answer.json()["error"]["code"]

    assert code(client.get("/v1/models")) == (401, "not_authenticated")
    assert code(sam.get("/v1/nothing")) == (404, "unknown_address")
    assert code(sam.post("/v1/images/generations", prompt="x")) == (501, "not_offered")
    assert code(sam.get("/v1/skills")) == (501, "not_offered")
    wrong = sam.get("/v1/chat/completions")
    assert (code(wrong), wrong.headers["allow"]) == ((405, "method_not_allowed"), "POST")
    asked = [{"role": "user", "content": "?"}]
    unknown = sam.post("/v1/chat/completions", model="support/desk", messages=asked, best_of=3)
    assert (code(unknown), unknown.json()["error"]["param"]) == ((400, "field_refused"), "best_of")
    large = sam.post("/v1/chat/completions", model="x" * world.settings.max_body_bytes)
    assert code(large) == (413, "too_large")
