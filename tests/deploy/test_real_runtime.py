"""The whole way with real weights: store, reconciler, runtime process, gateway, stock client."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aird.catalog.models import Kind, Version
from aird.deploy.gateway.access import FRESH_SECONDS
from aird.deploy.reconciler import COMMAND
from aird.runtimes import hf
from aird.testing import World
from aird.testing_ml import make_adapter, make_base
from tests.deploy.conftest import Stage, approved, deploy, serving, until

QUESTION = [{"role": "user", "content": "How do I reset my password?"}]


@pytest.fixture
def stage(world: World, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(world, COMMAND, linger=4 * FRESH_SECONDS)
    made.base = world.version("platform/base", kind=Kind.BASE, folder=make_base(tmp_path / "base"))
    yield from serving(made)


def put_and_ask(stage: Stage, version: Version) -> str:
    """The version's greedy answer, once it is what answers."""
    deploy(stage.world, "support/desk", version)
    until(lambda: stage.answers(version), f"{version.ref} answers", seconds=60)
    client, said = stage.client(stage.key()), []

    def ask() -> bool:
        made = client.chat.completions.create(model="support/desk", messages=QUESTION, temperature=0, max_tokens=12)
        said.append(made.choices[0].message.content)
        return made.model.endswith(version.artifact[7:19])

    until(ask, "the gateway has the new route", seconds=20)
    return said[-1] or ""


def test_what_the_client_reads_is_what_the_approved_files_say(stage: Stage, tmp_path: Path):
    versions = [
        approved(
            stage.world, "support/bot", kind=Kind.ADAPTER, base=stage.base,
            folder=make_adapter(tmp_path / str(seed), seed=seed, size=0.3),
        )
        for seed in (1, 2)
    ]  # fmt: skip
    said = [put_and_ask(stage, version) for version in versions]
    expected = []
    for seed in (1, 2):
        model = hf.load(tmp_path / "base", tmp_path / str(seed))
        expected.append("".join(token.text for token in model.generate(QUESTION, max_tokens=12)))
    assert said == expected
    assert said[0] != said[1]
    used = {(entry.unit, entry.completion_tokens) for entry in stage.ledger()}
    assert {unit for unit, _ in used} == {version.artifact for version in versions}
