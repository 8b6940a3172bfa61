"""What the gateway says while what stands behind an endpoint comes, goes and breaks."""

import openai
import pytest

from aird.catalog.lifecycle import VersionState
from tests.deploy.conftest import Stage, approved, deploy, move, until

ASK = [{"role": "user", "content": "short"}]


def can_ask(client: openai.OpenAI) -> bool:
    try:
        return bool(client.chat.completions.create(model="support/desk", messages=ASK).id)
    except openai.InternalServerError:
        return False


def test_an_endpoint_that_is_not_ready_says_so_and_when_to_come_back(stage: Stage):
    with pytest.raises(openai.InternalServerError) as caught:
        stage.client(stage.key()).chat.completions.create(model="support/desk", messages=ASK)
    assert caught.value.status_code == 503
    assert caught.value.response.headers["retry-after"] == "2"
    assert "Nothing was deployed" in caught.value.message
    with pytest.raises(openai.NotFoundError, match="no endpoint") as missing:
        stage.client(stage.key()).chat.completions.create(model="support/nothing", messages=ASK)
    assert missing.value.code == "model_not_found"


def test_a_runtime_that_dies_is_told_in_the_stream_and_started_again(stage: Stage):
    version = stage.adapter()
    stage.put(version)
    client = stage.client(stage.key())
    said = [{"role": "user", "content": "die"}]
    stream = client.chat.completions.create(model="support/desk", messages=said, stream=True)
    with pytest.raises(openai.APIError, match="middle of the answer"):
        list(stream)
    until(lambda: not stage.answers(version), "the death is seen")
    until(lambda: stage.answers(version), "it answers again")
    until(lambda: can_ask(client), "the gateway sees it")


def test_a_suspended_version_leaves_the_route(stage: Stage):
    version = stage.adapter()
    stage.put(version)
    client = stage.client(stage.key())
    assert can_ask(client)
    with stage.world.database.write() as session:
        move(session, version, VersionState.SUSPENDED)
    until(lambda: not can_ask(client), "the route is closed")
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
    assert answer.model.endswith(old.artifact[7:19])
