"""The gateway through a stock OpenAI client, in front of a runtime process with a fake model."""

import httpx
import openai
import pytest

from aird.auth import service as auth
from aird.auth.models import TokenKind
from aird.auth.permissions import SYSTEM
from aird.deploy import queries
from aird.metering.models import Status, UsageEntry
from tests.deploy.conftest import Stage, until

ASK = [{"role": "user", "content": "short"}]
SLOW = [{"role": "user", "content": "slow"}]


def unit(stage: Stage) -> str:
    """The short name of what answers."""
    current = stage.endpoint().current
    assert current is not None
    return current.digest[7:19]


def entry_of(stage: Stage, request_id: str) -> UsageEntry:
    [found] = [each for each in stage.ledger() if each.request_id == request_id]
    return found


def test_a_key_asks_its_departments_endpoint_and_the_ledger_knows_what_was_used(shared: Stage):
    answer = shared.client(shared.key()).chat.completions.create(model="support/desk", messages=ASK)
    assert answer.choices[0].message.content == f"{unit(shared)} 2 3 4 5 "
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (7, 5)
    assert answer.model == f"support/desk@{unit(shared)}"
    assert answer._request_id == answer.id
    entry = entry_of(shared, answer.id)
    assert (entry.status, entry.estimated, entry.finish_reason) == (Status.OK, False, "stop")
    assert (entry.prompt_tokens, entry.completion_tokens) == (7, 5)
    assert (entry.endpoint, entry.version, entry.unit[7:19]) == ("support/desk", "support/assistant@1", unit(shared))
    assert entry.token_id is not None
    assert entry.person_id is None


def test_a_stream_is_the_same_answer_in_pieces_and_shows_usage_only_when_asked(shared: Stage):
    client = shared.client(shared.world.token("lin"))
    asked = {"model": "support/desk", "messages": ASK, "stream": True}
    plain = list(client.chat.completions.create(**asked))
    counted = list(client.chat.completions.create(**asked, stream_options={"include_usage": True}))

    text = "".join(chunk.choices[0].delta.content or "" for chunk in plain)
    assert text == f"{unit(shared)} 2 3 4 5 "
    assert [chunk.choices[0].finish_reason for chunk in plain][-2:] == [None, "stop"]
    assert not any(chunk.usage for chunk in plain)
    assert counted[-1].choices == []
    assert counted[-1].usage.total_tokens == 12
    assert not any(chunk.usage for chunk in counted[:-1])
    for each in (plain[0].id, counted[0].id):
        entry = entry_of(shared, each)
        assert (entry.completion_tokens, entry.token_id is None, entry.person_id is None) == (5, False, False)


def test_several_answers_with_their_probabilities(shared: Stage):
    answer = shared.client(shared.key()).chat.completions.create(
        model="support/desk", messages=ASK, n=2, logprobs=True, top_logprobs=1, max_completion_tokens=3
    )
    assert [each.index for each in answer.choices] == [0, 1]
    assert len(answer.choices[1].logprobs.content[0].top_logprobs) == 1
    assert entry_of(shared, answer.id).completion_tokens == answer.usage.completion_tokens == 6


def test_texts_are_gone_on_with_and_embedded(shared: Stage):
    client = shared.client(shared.key())
    text = client.completions.create(model="support/desk", prompt=["short", "short"], logprobs=1)
    pieces = list(client.completions.create(model="support/desk", prompt="short", stream=True))
    vectors = client.embeddings.create(model="support/desk", input=["a", "b"])
    assert [each.text for each in text.choices] == [f"{unit(shared)} 2 3 4 5 "] * 2
    assert "".join(each.choices[0].text for each in pieces) == text.choices[0].text
    assert [each.embedding for each in vectors.data] == [pytest.approx([0.6, 0.8])] * 2
    entry = entry_of(shared, text.id)
    assert (entry.prompt_tokens, entry.completion_tokens) == (14, 10)
    assert entry_of(shared, vectors._request_id).prompt_tokens == 14


def test_a_response_is_given_whole_or_in_events(shared: Stage):
    client = shared.client(shared.key())
    whole = client.responses.create(model="support/desk", input="short", instructions="Count.", metadata={"a": "b"})
    with client.responses.stream(model="support/desk", input="short") as stream:
        kinds = [event.type for event in stream]
        grown = stream.get_final_response()
    assert whole.output_text == grown.output_text == f"{unit(shared)} 2 3 4 5 "
    assert (whole.status, whole.metadata, whole.usage.output_tokens) == ("completed", {"a": "b"}, 5)
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert entry_of(shared, whole.id).completion_tokens == entry_of(shared, grown.id).completion_tokens == 5
    broken = list(client.responses.create(model="support/desk", input="break", stream=True))
    assert [each.type for each in broken[-2:]] == ["response.failed", "error"]


def test_one_version_can_be_named(shared: Stage):
    client = shared.client(shared.key())
    for name in ("support/assistant@1", f"support/desk@{unit(shared)}"):
        answer = client.chat.completions.create(model=name, messages=ASK)
        assert answer.model == f"support/desk@{unit(shared)}"
        assert client.models.retrieve(name).id == name
    for name in ("support/assistant@2", "support/desk@000000", "platform/base@1"):
        with pytest.raises(openai.NotFoundError, match="approved and deployed"):
            client.chat.completions.create(model=name, messages=ASK)


def test_fields_of_the_gateways_own_are_taken_out_and_named(shared: Stage):
    client = shared.client(shared.key())
    raw = client.chat.completions.with_raw_response.create(
        model="support/desk", messages=ASK, extra_body={"lora_path": "/etc", "priority": -5}
    )
    assert raw.headers["x-aird-ignored"] == "lora_path, priority"
    assert raw.headers["x-aird-unit"][7:19] == unit(shared)
    with pytest.raises(openai.BadRequestError, match="not offered by the runtime") as caught:
        client.chat.completions.create(model="support/desk", messages=ASK, presence_penalty=0.5)
    assert caught.value.param == "presence_penalty"
    for path in ("/images/generations", "/batches", "/responses/resp_1"):
        with pytest.raises(openai.APIStatusError) as refused:
            client.post(path, body={}, cast_to=object)
        assert refused.value.status_code == 501
    with pytest.raises(openai.NotFoundError, match="nothing at"):
        client.post("/nonsense", body={}, cast_to=object)


def runtime_of(stage: Stage) -> httpx.Client:
    """A line to the runtime process itself."""
    with stage.world.database.read() as session:
        [arm] = queries.routes(session)[0].arms
    address = arm.addresses[0].removeprefix("unix:")
    return httpx.Client(transport=httpx.HTTPTransport(uds=address), base_url="http://runtime")


def idle(runtime: httpx.Client) -> bool:
    metrics = runtime.get("/metrics").text.splitlines()
    running = [line for line in metrics if line.startswith("vllm:num_requests_running")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in running) == 0


def test_a_client_that_leaves_stops_the_runtime_and_pays_for_what_it_got(shared: Stage):
    client = shared.client(shared.key())
    with client.chat.completions.create(model="support/desk", messages=SLOW, stream=True, max_tokens=5000) as stream:
        last = next(chunk for count, chunk in enumerate(stream) if count == 10)
    with runtime_of(shared) as runtime:
        until(lambda: idle(runtime), "the runtime stops")
    until(lambda: any(each.request_id == last.id for each in shared.ledger()), "the ledger has an entry")
    entry = entry_of(shared, last.id)
    assert (entry.status, entry.estimated) == (Status.CANCELLED, False)
    assert 10 <= entry.completion_tokens < 5000


def test_a_client_that_leaves_a_whole_answer_stops_the_runtime_as_well(shared: Stage):
    before = len(shared.ledger())
    client = shared.client(shared.key()).with_options(timeout=0.5)
    with pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model="support/desk", messages=SLOW, max_tokens=5000)
    with runtime_of(shared) as runtime:
        until(lambda: idle(runtime), "the runtime stops")
    until(lambda: len(shared.ledger()) > before, "the ledger has an entry")
    entry = shared.ledger()[-1]
    assert (entry.status, entry.estimated, entry.completion_tokens) == (Status.CANCELLED, True, 0)


def test_a_failure_on_the_way_is_told_and_what_was_delivered_is_noted(shared: Stage):
    said = [{"role": "user", "content": "break"}]
    stream = shared.client(shared.key()).chat.completions.create(model="support/desk", messages=said, stream=True)
    with pytest.raises(openai.APIError, match="NaN"):
        list(stream)
    entry = shared.ledger()[-1]
    assert (entry.status, entry.completion_tokens) == (Status.ERROR, 3)


def test_a_key_opens_no_other_departments_endpoint(shared: Stage):
    with pytest.raises(openai.PermissionDeniedError, match="belongs to the department support"):
        shared.client(shared.key("finance")).chat.completions.create(model="support/desk", messages=ASK)
    with pytest.raises(openai.PermissionDeniedError):
        shared.client(shared.world.token("omar")).chat.completions.create(model="support/desk", messages=ASK)
    with pytest.raises(openai.NotFoundError):
        shared.client(shared.key("finance")).chat.completions.create(model="support/assistant@1", messages=ASK)
    assert shared.client(shared.key()).chat.completions.create(model="support/desk", messages=ASK).id


def test_what_is_refused_has_an_id_of_its_own_that_the_log_explains(
    shared: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "aird.deploy.gateway")
    for client in (shared.client("aird_wrong"), shared.client(shared.key())):
        with pytest.raises((openai.AuthenticationError, openai.NotFoundError)) as refused:
            client.chat.completions.create(model="support/nothing", messages=ASK)
        request_id = refused.value.request_id
        assert request_id is not None
        assert request_id.startswith("req-")
        assert request_id in caplog.text
    client = shared.client(shared.world.token("sam"))
    assert str(client.models.with_raw_response.list().headers["x-request-id"]).startswith("req-")
    assert str(client.files.with_raw_response.list().headers["x-request-id"]).startswith("req-")


def test_only_the_endpoints_that_the_caller_may_use_are_listed(shared: Stage):
    mine, other = shared.client(shared.key()), shared.client(shared.key("finance"))
    assert [(each.id, each.owned_by) for each in mine.models.list()] == [("support/desk", "support")]
    assert list(other.models.list()) == []
    assert mine.models.retrieve("support/desk").id == "support/desk"
    with pytest.raises(openai.NotFoundError):
        other.models.retrieve("support/desk")


def test_a_signed_in_browser_needs_the_csrf_header(shared: Stage):
    shared.world.set_password("lin")
    with httpx.Client(base_url=f"http://127.0.0.1:{shared.port}") as browser:
        signed_in = {"username": "lin", "password": "correct horse battery"}
        csrf = browser.post("/api/v1/session", json=signed_in).json()["csrf"]
        body = {"model": "support/desk", "messages": ASK}
        refused = browser.post("/v1/chat/completions", json=body)
        taken = browser.post("/v1/chat/completions", json=body, headers={"x-csrf-token": csrf})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forged_request")
    assert taken.status_code == 200
    assert entry_of(shared, taken.json()["id"]).token_id is None


def test_a_revoked_key_is_out_within_seconds(shared: Stage):
    secret = shared.key()
    client = shared.client(secret)
    assert client.models.list().data
    with shared.world.database.write() as session:
        token = auth.find_token(session, secret)
        assert token.kind is TokenKind.KEY
        auth.revoke_token(session, SYSTEM, token)

    def refused() -> bool:
        try:
            client.models.list()
        except openai.AuthenticationError as error:
            return error.code == "invalid_api_key"
        return False

    until(refused, "the key is refused")
