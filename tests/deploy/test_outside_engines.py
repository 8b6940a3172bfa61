"""vLLM servers that others run: used where they serve the wanted model under its digest, watched, never ended."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from pydantic import SecretStr

from aird.catalog.models import Kind, Version
from aird.testing import World
from tests.deploy.conftest import Stage, deploy, serving, until
from tests.deploy.test_engines import FAKE_VLLM, addresses, configure

pytestmark = pytest.mark.slow
KEY = "what outside engines want to be told"


class Others:
    """A vLLM that somebody else runs, on an address of this machine."""

    def __init__(self, model: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url, self._model = f"http://127.0.0.1:{self.port}", model
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, served: str) -> None:
        """Serve a model under this name."""
        env = {**os.environ, "PYTHONPATH": FAKE_VLLM, "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1", "VLLM_API_KEY": KEY}
        command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(self._model)]
        listen = ["--served-model-name", served, "--host", "127.0.0.1", "--port", str(self.port), "--enable-lora"]
        self.process = subprocess.Popen([*command, *listen], env=env, start_new_session=True)
        until(self.answers, "the server of others answers", seconds=60)

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            return httpx.get(f"{self.url}/health").status_code == 200
        except httpx.TransportError:
            return False

    def end(self) -> None:
        """Kill it with all that it started."""
        if self.process is not None:
            os.killpg(self.process.pid, 9)
            self.process.wait()
            self.process = None


@pytest.fixture
def others(tmp_path: Path) -> Iterator[Others]:
    made = Others(tmp_path)
    yield made
    made.end()


@pytest.fixture
def stage(world: World, others: Others) -> Iterator[Stage]:
    world.settings.vllm_urls, world.settings.engine_key = [others.url], SecretStr(KEY)
    made = Stage(world)
    made.base = world.version("platform/base", kind=Kind.BASE)
    yield from serving(made)


def speaks(stage: Stage, version: Version) -> None:
    """Wait until the gateway has the route to this version, at most its second and a little."""
    client = stage.client(stage.key())

    def asked() -> bool:
        try:
            said = client.chat.completions.create(
                model="support/desk", messages=[{"role": "user", "content": "short"}], max_tokens=5
            )
        except openai.InternalServerError:
            return False
        return str(said.choices[0].message.content).startswith(version.artifact[7:19])

    until(asked, f"{version.ref} is heard", seconds=5)


def test_a_given_server_answers_for_adapters_is_given_up_when_it_is_away_and_never_ended(stage: Stage, others: Others):
    one, two = stage.adapter(), stage.adapter()
    others.start(stage.base.artifact)
    configure(stage.world, runtime="vllm", replicas=3)  # there are as many as are given
    deploy(stage.world, "support/desk", one)
    until(lambda: stage.answers(one), "the given server answers")
    assert addresses(stage) == (others.url,)
    speaks(stage, one)
    assert httpx.get(f"{others.url}/v1/models").status_code == 401  # the gateway and the reconciler have the key
    stage.put(two)
    speaks(stage, two)
    others.end()
    until(lambda: not addresses(stage), "it is out of the routes", seconds=10)
    assert "nothing for 5 seconds" in stage.endpoint().reason
    others.start(stage.base.artifact)  # it has forgotten its adapters
    until(lambda: stage.answers(two), "it is given its adapters again")
    speaks(stage, two)
    assert others.process is not None
    stage.reconciler.stop()
    assert others.process.poll() is None
    assert others.answers()


def test_a_server_with_another_model_is_not_used_and_the_reason_says_what_to_do(stage: Stage, others: Others):
    version = stage.adapter()
    others.start(f"sha256:{'0' * 64}")
    configure(stage.world, runtime="vllm")
    deploy(stage.world, "support/desk", version)
    until(lambda: stage.endpoint().state == "failed", "there is none")
    assert "AIRD_VLLM_URLS" in stage.endpoint().reason
    configure(stage.world, runtime="hf")
    until(lambda: stage.answers(version), "our own worker does")


def test_a_server_that_is_given_another_model_takes_no_adapters_of_the_old_one(stage: Stage, others: Others):
    version = stage.adapter()
    others.start(stage.base.artifact)
    configure(stage.world, runtime="vllm")
    deploy(stage.world, "support/desk", version)
    until(lambda: stage.answers(version), "the given server answers")
    others.end()
    others.start(f"sha256:{'0' * 64}")
    until(lambda: "AIRD_VLLM_PYTHON" in stage.endpoint().reason, "it is not used any more", seconds=60)
    cards = httpx.get(f"{others.url}/v1/models", headers={"authorization": f"Bearer {KEY}"}).json()["data"]
    assert [each["id"] for each in cards] == [f"sha256:{'0' * 64}"]
