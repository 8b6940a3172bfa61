"""The gateway through a stock OpenAI client, in front of runtime processes with a fake model."""

import httpx
import openai
import pytest

from aird.auth import service as auth
from aird.auth.models import TokenKind
from aird.auth.permissions import SYSTEM
from aird.catalog.lifecycle import VersionState
from aird.metering.models import Status
from tests.deploy.conftest import Stage, approved, deploy, move, until

ASK = [{"role": "user", "content": "short"}]
SLOW = [{"role": "user", "content": "slow"}]


def short(version) -> str:  # type: ignore[no-untyped-def]
    return version.artifact[7:19]


def test_a_key_asks_its_departments_endpoint_and_the_ledger_knows_what_was_used(stage: Stage):
    version = stage.adapter()
    stage.put(version)
    answer = stage.client(stage.key()).chat.completions.create(model="support/desk", messages=ASK)

    assert answer.choices[0].message.content == f"{short(version)} 2 3 4 5 "
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (7, 5)
    assert answer.model == f"support/desk@{short(version)}"
    assert answer._request_id == answer.id
    [entry] = stage.ledger()
    assert (entry.request_id, entry.status, entry.estimated) == (answer.id, Status.OK, False)
    assert (entry.prompt_tokens, entry.completion_tokens) == (7, 5)
    assert (entry.endpoint, entry.version, entry.unit) == ("support/desk", version.ref, version.artifact)
    assert entry.token_id is not None
    assert entry.person_id is None


def test_a_stream_is_the_same_answer_in_pieces_and_shows_usage_only_when_asked(stage: Stage):
    version = stage.adapter()
    stage.put(version)
    client = stage.client(stage.world.token("lin"))
    asked = {"model": "support/desk", "messages": ASK, "stream": True}
    plain = list(client.chat.completions.create(**asked))
    counted = list(client.chat.completions.create(**asked, stream_options={"include_usage": True}))

    text = "".join(chunk.choices[0].delta.content or "" for chunk in plain)
    assert text == f"{short(version)} 2 3 4 5 "
    assert [chunk.choices[0].finish_reason for chunk in plain][-2:] == [None, "stop"]
    assert not any(chunk.usage for chunk in plain)
    assert counted[-1].choices == []
    assert counted[-1].usage.total_tokens == 12
    assert not any(chunk.usage for chunk in counted[:-1])
    assert [entry.request_id for entry in stage.ledger()] == [plain[0].id, counted[0].id]
    assert all(entry.person_id for entry in stage.ledger())


def test_a_client_that_leaves_stops_the_runtime_and_pays_for_what_it_got(stage: Stage):
    stage.put(stage.adapter())
    client = stage.client(stage.key())
    with client.chat.completions.create(model="support/desk", messages=SLOW, stream=True, max_tokens=5000) as stream:
        for count, _ in enumerate(stream):
            if count == 10:
                break
    until(lambda: bool(stage.ledger()), "the ledger has an entry", seconds=3)

    [entry] = stage.ledger()
    assert entry.status is Status.CANCELLED
    assert 10 <= entry.completion_tokens <= 30
    [replica] = stage.endpoint().replicas
    with stage_client(stage) as runtime:
        until(lambda: runtime.get("/healthz").json()["in_flight"] == 0, "the runtime stops", seconds=2)
    assert replica.state == "ready"


def stage_client(stage: Stage) -> httpx.Client:
    """A line to the runtime process itself."""
    [process] = stage.reconciler._processes.values()
    return httpx.Client(transport=httpx.HTTPTransport(uds=process.address), base_url="http://runtime")


def test_a_client_that_leaves_a_whole_answer_stops_the_runtime_as_well(stage: Stage):
    stage.put(stage.adapter())
    client = stage.client(stage.key()).with_options(timeout=0.5)
    with pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model="support/desk", messages=SLOW, max_tokens=5000)
    until(lambda: bool(stage.ledger()), "the ledger has an entry", seconds=3)
    assert stage.ledger()[0].status is Status.CANCELLED
    assert stage.ledger()[0].completion_tokens < 100


def test_a_failure_on_the_way_is_told_and_what_was_delivered_is_noted(stage: Stage):
    stage.put(stage.adapter())
    stream = stage.client(stage.key()).chat.completions.create(
        model="support/desk", messages=[{"role": "user", "content": "break"}], stream=True
    )
    with pytest.raises(openai.APIError, match="NaN"):
        list(stream)
    assert [(entry.status, entry.completion_tokens) for entry in stage.ledger()] == [(Status.ERROR, 3)]


def test_a_runtime_that_dies_is_told_in_the_stream_and_started_again(stage: Stage):
    version = stage.adapter()
    stage.put(version)
    client = stage.client(stage.key())
    stream = client.chat.completions.create(
        model="support/desk", messages=[{"role": "user", "content": "die"}], stream=True
    )
    with pytest.raises(openai.APIError, match="middle of the answer"):
        list(stream)
    until(lambda: not stage.answers(version), "the death is seen")
    until(lambda: stage.answers(version), "it answers again")
    until(lambda: can_ask(client), "the gateway sees it")


def can_ask(client: openai.OpenAI) -> bool:
    try:
        return bool(client.chat.completions.create(model="support/desk", messages=ASK).id)
    except openai.InternalServerError:
        return False


def test_a_key_opens_no_other_departments_endpoint(stage: Stage):
    stage.put(stage.adapter())
    with pytest.raises(openai.PermissionDeniedError, match="belongs to the department support"):
        stage.client(stage.key("finance")).chat.completions.create(model="support/desk", messages=ASK)
    with pytest.raises(openai.PermissionDeniedError):
        stage.client(stage.world.token("omar")).chat.completions.create(model="support/desk", messages=ASK)
    assert stage.client(stage.key()).chat.completions.create(model="support/desk", messages=ASK).id


def test_only_the_endpoints_that_the_caller_may_use_are_listed(stage: Stage):
    stage.put(stage.adapter())
    mine, other = stage.client(stage.key()), stage.client(stage.key("finance"))
    assert [(each.id, each.owned_by) for each in mine.models.list()] == [("support/desk", "support")]
    assert list(other.models.list()) == []
    assert mine.models.retrieve("support/desk").id == "support/desk"
    with pytest.raises(openai.NotFoundError):
        other.models.retrieve("support/desk")


def test_an_endpoint_that_is_not_ready_says_so_and_when_to_come_back(stage: Stage):
    with pytest.raises(openai.InternalServerError) as caught:
        stage.client(stage.key()).chat.completions.create(model="support/desk", messages=ASK)
    assert caught.value.status_code == 503
    assert caught.value.response.headers["retry-after"] == "2"
    assert "Nothing was deployed" in caught.value.message
    with pytest.raises(openai.NotFoundError, match="no endpoint") as missing:
        stage.client(stage.key()).chat.completions.create(model="support/nothing", messages=ASK)
    assert missing.value.code == "model_not_found"


def test_a_suspended_version_leaves_the_route(stage: Stage):
    version = stage.adapter()
    stage.put(version)
    client = stage.client(stage.key())
    assert can_ask(client)
    with stage.world.database.write() as session:
        move(session, version, VersionState.SUSPENDED)
    until(lambda: not can_ask(client), "the route is closed", seconds=3)
    assert stage.endpoint().state == "stopped"
    assert "suspended" in stage.endpoint().reason


def test_the_old_version_answers_until_the_new_one_is_ready(stage: Stage):
    old = stage.adapter()
    stage.put(old)
    new = approved(stage.world, "support/large", files={"config.json": b"{}", "broken": b""})
    deploy(stage.world, "support/desk", new)
    stage.reconciler.wake()
    until(lambda: stage.endpoint().state == "failed", "the new one fails")
    assert stage.endpoint().serving.version == old.ref  # type: ignore[union-attr]
    assert "broken" in stage.endpoint().reason
    answer = stage.client(stage.key()).chat.completions.create(model="support/desk", messages=ASK)
    assert answer.model.endswith(short(old))


def test_a_signed_in_browser_needs_the_csrf_header(stage: Stage):
    stage.put(stage.adapter())
    stage.world.set_password("lin")
    with httpx.Client(base_url=f"http://127.0.0.1:{stage.port}") as browser:
        signed_in = {"username": "lin", "password": "correct horse battery"}
        csrf = browser.post("/api/v1/session", json=signed_in).json()["csrf"]
        body = {"model": "support/desk", "messages": ASK}
        refused = browser.post("/v1/chat/completions", json=body)
        taken = browser.post("/v1/chat/completions", json=body, headers={"x-csrf-token": csrf})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forged_request")
    assert taken.status_code == 200
    assert [entry.token_id for entry in stage.ledger()] == [None]


def test_a_revoked_key_is_out_within_seconds(stage: Stage):
    stage.put(stage.adapter())
    secret = stage.key()
    client = stage.client(secret)
    assert can_ask(client)
    with stage.world.database.write() as session:
        token = auth.find_token(session, secret)
        assert token.kind is TokenKind.KEY
        auth.revoke_token(session, SYSTEM, token)

    def refused() -> bool:
        try:
            client.models.list()
        except openai.AuthenticationError as error:
            return error.code == "invalid_api_key"
        return False

    until(refused, "the key is refused", seconds=6)
