"""Files and fine-tuning jobs through a stock client: upload, train, look at what happened, delete."""

import io
import json

import httpx2
import openai
import pytest

from aird.audit import queries as audit_queries
from aird.datasets import queries as dataset_queries
from aird.jobs.models import Job
from tests.deploy.conftest import make_key
from tests.finetuning.conftest import Clients
from tests.tiny import Workshop

LINES = b"".join(
    json.dumps(
        {"messages": [{"role": "user", "content": f"Mail {n}"}, {"role": "assistant", "content": f"Queue {n}."}]}
    ).encode()
    + b"\n"
    for n in range(4)
)
EXAM = b'{"id": "a", "messages": [{"role": "user", "content": "?"}], "choices": ["a", "b"], "answer": 1}\n'
HOW = {"n_epochs": 1, "batch_size": 2, "learning_rate_multiplier": 2}


def upload(client: openai.OpenAI, content: bytes = LINES, name: str = "Mails of May.jsonl"):  # type: ignore[no-untyped-def]
    return client.files.create(file=(name, io.BytesIO(content)), purpose="fine-tune")


@pytest.fixture
def sam(client: Clients, workshop: Workshop) -> openai.OpenAI:
    workshop.model("platform/tiny", "base")
    return client("sam", project="support")


def test_a_file_becomes_a_data_set_and_is_read_back(sam: openai.OpenAI, workshop: Workshop):
    file = upload(sam)
    assert (file.filename, file.bytes, file.purpose, file.status) == (
        "Mails of May.jsonl", len(LINES), "fine-tune", "processed",
    )  # fmt: skip
    assert [each.id for each in sam.files.list()] == [file.id]
    assert sam.files.retrieve(file.id) == file
    read = [json.loads(line) for line in sam.files.content(file.id).text.splitlines()]
    assert read == [json.loads(line) for line in LINES.splitlines()]
    with workshop.world.database.read() as session:
        [dataset] = dataset_queries.datasets(session)
        assert dataset.name.startswith("support/mails-of-may-")
        assert (dataset.title, dataset.latest_number) == ("Mails of May.jsonl", 1)


BAD = {
    "Line 5": (LINES + b"{}\n", "a.jsonl"),
    "no items": (b"", "a.jsonl"),
    "no answers to learn from": (EXAM, "a.jsonl"),
    "zip": (b"PK\x03\x04", "a.jsonl"),
    "name of at most": (LINES, "a" * 300),
}


def test_a_bad_file_is_refused_with_its_line_and_nothing_is_kept(sam: openai.OpenAI, workshop: Workshop):
    for says, (content, name) in BAD.items():
        with pytest.raises(openai.BadRequestError, match=says) as caught:
            upload(sam, content, name)
        assert caught.value.param == "file"
    assert list(sam.files.list()) == []
    with workshop.world.database.read() as session:
        assert dataset_queries.datasets(session) == []


def test_other_uses_of_files_are_refused_by_name(sam: openai.OpenAI):
    headers = {"authorization": f"Bearer {sam.api_key}", "openai-project": "support"}
    wrong: list[dict[str, str]] = [{"purpose": "batch"}, {}, {"purpose": "fine-tune", "expires_after": "1"}]
    for fields in wrong:
        content = {"file": ("a.jsonl", LINES)}
        answer: httpx2.Response = sam._client.post("/v1/files", files=content, data=fields, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] in ("purpose", "expires_after")


def test_train_and_look_at_what_happened(sam: openai.OpenAI, workshop: Workshop):
    file = upload(sam)
    job = sam.fine_tuning.jobs.create(
        model="platform/tiny@1", training_file=file.id, suffix="Mail desk", seed=7, metadata={"team": "a"},
        method={"type": "supervised", "supervised": {"hyperparameters": HOW}},  # type: ignore[typeddict-item]
    )  # fmt: skip
    assert (job.status, job.fine_tuned_model, job.seed, job.organization_id) == ("queued", None, 7, "support")
    assert job.hyperparameters.n_epochs == 1
    assert job.metadata == {"team": "a"}
    assert not list(sam.fine_tuning.jobs.checkpoints.list(job.id))
    while workshop.work().kind != "training.sft":
        pass

    done = sam.fine_tuning.jobs.retrieve(job.id)
    assert (done.status, done.fine_tuned_model, done.error) == ("succeeded", "support/mail-desk@1", None)
    assert done.finished_at is not None
    events = list(sam.fine_tuning.jobs.list_events(job.id, limit=2))  # goes on through the pages
    assert [each.created_at for each in events] == sorted((each.created_at for each in events), reverse=True)
    assert {each.type for each in events} == {"message", "metrics"}
    assert len({each.id for each in events}) == len(events) > 3
    [checkpoint] = sam.fine_tuning.jobs.checkpoints.list(job.id)
    assert (checkpoint.fine_tuned_model_checkpoint, checkpoint.step_number) == ("support/mail-desk@1", 2)
    assert [each.id for each in sam.fine_tuning.jobs.list()] == [job.id]


def test_a_job_is_cancelled_and_its_file_deleted(sam: openai.OpenAI, workshop: Workshop):
    file = upload(sam)
    job = sam.fine_tuning.jobs.create(model="platform/tiny@1", training_file=file.id, hyperparameters=HOW)  # type: ignore[arg-type]
    with pytest.raises(openai.ConflictError, match="Cancel it first"):
        sam.files.delete(file.id)
    assert sam.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    with pytest.raises(openai.ConflictError):
        sam.fine_tuning.jobs.cancel(job.id)
    assert sam.files.delete(file.id).deleted
    assert list(sam.files.list()) == []
    with pytest.raises(openai.NotFoundError):
        sam.files.retrieve(file.id)
    with workshop.world.database.read() as session:
        [dataset] = dataset_queries.datasets(session)
        assert dataset_queries.get_version(session, dataset.name).kept is None
        assert "finetuning.file.deleted" in [each.event for each in audit_queries.entries(session)]


def test_bytes_that_another_data_set_has_too_are_kept(sam: openai.OpenAI, workshop: Workshop):
    first, second = upload(sam), upload(sam)
    assert sam.files.delete(first.id).deleted
    assert sam.files.content(second.id).text == sam.files.content(second.id).text != ""


NOT_OFFERED: dict[str, tuple[str, object]] = {
    "validation_file": ("validation_file", "file-1"), "integrations": ("integrations", []), "suffix": ("suffix", ""),
    "method.type": ("method", {"type": "dpo"}), "hyperparameters.n_epochs": ("hyperparameters", {"n_epochs": 0}),
    "seed": ("seed", -1), "beta": ("beta", 1), "file_id": ("training_file", "file-5"),
}  # fmt: skip


def test_what_is_not_offered_is_refused_by_name(sam: openai.OpenAI):
    file = upload(sam)
    for param, (name, value) in NOT_OFFERED.items():
        body = {"model": "platform/tiny@1", "training_file": file.id, name: value}
        with pytest.raises(openai.APIStatusError) as caught:
            sam.post("/fine_tuning/jobs", body=body, cast_to=object)
        assert caught.value.status_code in (400, 404)
        assert str(caught.value.param).startswith(param)
        assert "Input should be None" not in caught.value.message


def test_a_model_that_is_not_there_is_told(sam: openai.OpenAI, workshop: Workshop):
    file = upload(sam)
    for model in ("platform/nothing@1", "platform/tiny@9", "gpt-4o-mini"):
        with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
            sam.fine_tuning.jobs.create(model=model, training_file=file.id)
    with workshop.world.database.read() as session:
        assert session.query(Job).filter(Job.kind == "training.sft").count() == 0


def test_who_may_not_write_data_uploads_none(client: Clients, workshop: Workshop):
    for name in ("lin", "noor"):
        with pytest.raises(openai.PermissionDeniedError):
            upload(client(name, project="support"))
    with pytest.raises(openai.AuthenticationError):
        client("sam", key="nonsense").files.list()
    assert upload(client("sam", project="support")).id


def test_a_departments_key_opens_its_endpoints_and_orders_no_trainings(client: Clients, workshop: Workshop):
    with pytest.raises(openai.PermissionDeniedError, match="token of kind"):
        upload(client("", key=make_key(workshop.world, "support")))


def test_others_see_neither_files_nor_jobs(sam: openai.OpenAI, client: Clients):
    file = upload(sam)
    job = sam.fine_tuning.jobs.create(model="platform/tiny@1", training_file=file.id)
    omar = client("omar")
    assert list(omar.files.list()) == list(omar.fine_tuning.jobs.list()) == []
    with pytest.raises(openai.NotFoundError):
        omar.files.content(file.id)
    with pytest.raises(openai.NotFoundError):
        omar.fine_tuning.jobs.retrieve(job.id)
    assert client("lin").fine_tuning.jobs.retrieve(job.id).id == job.id


def test_pausing_is_not_offered(sam: openai.OpenAI):
    with pytest.raises(openai.APIStatusError, match="not paused by hand") as caught:
        sam.fine_tuning.jobs.pause("ftjob-1")
    assert caught.value.status_code == 501
    assert caught.value.response.headers["x-should-retry"] == "false"


def test_addresses_that_are_not_offered_say_so_and_wrong_methods_name_the_right_one(sam: openai.OpenAI):
    for address in ("/fine_tuning/alpha/graders/run", "/fine_tuning/checkpoints/x/permissions", "/files/x/y"):
        with pytest.raises(openai.APIStatusError, match=f"/v1{address} is not offered") as caught:
            sam.post(address, cast_to=object)
        assert (caught.value.status_code, caught.value.code) == (501, "not_offered")
    with pytest.raises(openai.APIStatusError) as wrong:
        sam.put("/fine_tuning/jobs/x/cancel", cast_to=object)
    assert (wrong.value.status_code, wrong.value.response.headers["allow"]) == (405, "POST")
