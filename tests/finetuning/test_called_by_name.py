"""The whole way of a stock client: upload, train, and call the result by its name once it was approved and deployed."""

import io
from uuid import uuid4

import openai
import pytest

from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Version
from tests.deploy.conftest import Stage, move, serving
from tests.finetuning.test_facade import HOW, LINES
from tests.tiny import Workshop

pytestmark = pytest.mark.slow
ASK = [{"role": "user", "content": "short"}]


def approve(stage: Stage, ref: str) -> Version:
    """What the people of the department do with a draft."""
    with stage.world.database.write() as session:
        version = catalog_queries.get_ref(session, ref)
        move(session, version, VersionState.CANDIDATE, VersionState.APPROVED)
        catalog.clear(session, version, endpoint="support/desk", approval_id=uuid4())
        return version


def test_train_then_call_it_by_name(workshop: Workshop):
    made = Stage(workshop.world)
    made.base = workshop.model("platform/tiny", "base")
    for stage in serving(made):
        person = stage.client(stage.world.token("sam")).with_options(project="support")
        file = person.files.create(file=("mails.jsonl", io.BytesIO(LINES)), purpose="fine-tune")
        job = person.fine_tuning.jobs.create(
            model="platform/tiny", training_file=file.id, suffix="Mail desk", hyperparameters=HOW  # type: ignore[arg-type]
        )  # fmt: skip
        while workshop.work().kind != "training.sft":
            pass
        name = person.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
        assert name == "support/mail-desk@1"
        with pytest.raises(openai.NotFoundError, match="approved and"):
            person.chat.completions.create(model=name, messages=ASK)

        stage.put(approve(stage, name))
        answer = person.chat.completions.create(model=name, messages=ASK)
        assert answer.choices[0].message.content
        assert answer.model.startswith("support/desk@")
        assert stage.ledger()[-1].version == name
