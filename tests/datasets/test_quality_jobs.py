"""From an upload to its quality report: what blocks, what a clean version is, what is gone once erased."""

from collections.abc import Sequence
from typing import Any

import pytest

from aird.audit import queries as audit_queries
from aird.core.errors import AirdError
from aird.datasets import leakage, queries, service
from aird.datasets.errors import DatasetNotUsable
from aird.datasets.models import DatasetKind
from aird.datasets.routes import router
from aird.datasets.routes_quality import router as quality
from aird.jobs import inline, registry
from aird.jobs.lifecycle import JobState
from tests.datasets.conftest import EXAM, Shelf, jsonl
from tests.requests.web import Call, people_of

V1 = "/datasets/support/mail/versions/1"


def chat(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


LONG = "How do I reset the password of account {}, please? I asked everybody in this house, and nobody could tell me."
TRAIN = [
    *(chat(LONG.format(n), "accounts") for n in range(3)),
    chat("Where is the printer?", "house"),
    chat(LONG.format(0), "accounts"),  # once more
    chat(LONG.format(1).upper().replace("?", ""), "billing"),  # another answer
    chat("Write to anna@example.com or call 13800138000", "contact"),
    chat("mail 1", "a"),  # what the exam asks
    chat("我的订单什么时候到？", "orders"),
]


@pytest.fixture
def person(shelf: Shelf) -> Call:
    registry.load(["aird.datasets.tasks"])
    shelf.dataset()
    shelf.dataset("support/school", DatasetKind.EXAM)
    examine(shelf, EXAM, "support/desk-exam")
    return people_of(shelf.world, router, quality)


def examine(shelf: Shelf, items: Sequence[dict[str, Any]], exam: str) -> None:
    """Make an exam of these items."""
    new, sam = shelf.new(exam=items), shelf.world.actor("sam")
    with shelf.world.database.write() as session:
        held = queries.get_dataset(session, "support/school")
        version, _ = service.add_version(session, sam, held, new)
        service.hold_out(session, version, "exam", exam)


def upload(person: Call, items: list[dict[str, Any]], name: str = "train.jsonl") -> dict[str, Any]:
    answer = person("sam").post("/datasets/support/mail/versions", files=[("files", (name, jsonl(items)))])
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def work(shelf: Shelf) -> None:
    while (job := inline.run_next(shelf.world.database, shelf.world.store, shelf.world.settings)) is not None:
        assert job.state is JobState.SUCCEEDED, job.error_message


def refusal(shelf: Shelf, ref: str, split: str = "train") -> str:
    with shelf.world.database.read() as session:
        try:
            service.usable(session, shelf.world.actor("sam"), ref, split)
        except DatasetNotUsable as error:
            return str(error.params["why"])
    return ""


def test_a_report_says_what_is_wrong_and_blocks_what_leaks(shelf: Shelf, person: Call) -> None:
    assert upload(person, TRAIN)["report"] is None
    assert person("sam").get(f"{V1}/report").json()["code"] == "report_not_found"
    work(shelf)
    report = person("noor").get(f"{V1}/report").json()["report"]
    assert (report["verdict"], report["blocked"], report["exams"]) == ("blocked", ["train"], ["support/desk-exam"])
    assert report["findings"] == {"duplicate": 1, "conflict": 1, "personal": 1, "leak": 1, "near_duplicate": 2}
    assert report["personal"] == {"train": {"email": 1, "phone": 1}}
    assert report["splits"]["train"]["languages"]["zh"] == 1
    assert report["leaks"][0] | {"near": 0} == {
        "exam": "support/desk-exam", "dataset": "support/school", "exam_split": "exam", "split": "train",
        "exact": 1, "near": 0,
    }  # fmt: skip
    assert refusal(shelf, "support/mail") == "consent_unstated"
    body = {"consent": "given", "consent_note": "In writing, file 12", "reason": "They signed"}
    assert person("sam").patch("/datasets/support/mail", json=body).status_code == 200
    assert refusal(shelf, "support/mail") == "leak"
    assert refusal(shelf, "support/school", "exam") == "held_out"


def test_findings_name_lines_and_show_words_to_the_department_alone(shelf: Shelf, person: Call) -> None:
    upload(person, TRAIN)
    work(shelf)
    [leak] = person("lin").get(f"{V1}/findings", params={"kind": "leak"}).json()["items"]
    assert leak == {"kind": "leak", "split": "train", "line": 8, "about": "support/desk-exam", "text": "mail 1"}
    [personal] = person("lin").get(f"{V1}/findings", params={"kind": "personal"}).json()["items"]
    assert (personal["about"], personal["text"]) == (
        "email, phone",
        "Write to [email] or call [phone] · contact",
    )
    [hidden] = person("omar").get(f"{V1}/findings", params={"kind": "leak"}).json()["items"]
    assert (hidden["line"], hidden["text"]) == (8, "")
    pages = [
        person("lin").get(f"{V1}/findings", params={"kind": "near_duplicate", "limit": 1, "cursor": at}).json()
        for at in (0, 1)
    ]
    assert ([page["next"] for page in pages], pages[0]["items"] != pages[1]["items"]) == (["1", None], True)


def test_a_clean_version_may_be_learnt(shelf: Shelf, person: Call) -> None:
    upload(person, TRAIN)
    work(shelf)
    kinds = ["leak", "personal", "duplicate", "conflict"]
    answer = person("sam").post(f"{V1}/clean", json={"leave_out": kinds})
    assert answer.status_code == 202, answer.text
    work(shelf)
    version = person("sam").get("/datasets/support/mail/versions/2").json()
    assert (version["items"], version["made_from"], version["report"]["blocked"]) == (5, "support/mail@1", [])
    assert version["report"]["verdict"] in ("good", "warnings")
    assert refusal(shelf, "support/mail@2") == ""
    again = person("sam").post("/datasets/support/mail/versions/2/clean", json={"leave_out": ["leak"]})
    assert (again.status_code, again.json()["code"]) == (422, "nothing_to_clean")


def test_an_exam_younger_than_the_report_is_met_when_the_job_begins(shelf: Shelf, person: Call) -> None:
    upload(person, [chat("Is this asked later?", "yes"), chat("And this?", "no")])
    work(shelf)
    database, store = shelf.world.database, shelf.world.store
    with database.read() as session:
        version = queries.get_ref(session, "support/mail")
    uses = [(version.ref, version.artifact, "train", None)]
    leakage.require_none(database, store, uses)
    item = {"id": "x", "messages": [{"role": "user", "content": "is this  asked later"}], "target": "yes"}
    examine(shelf, [item], "support/late-exam")
    with pytest.raises(DatasetNotUsable, match=r"line 1, for one, what support/late-exam asks"):
        leakage.require_none(database, store, uses)
    assert person("sam").get(V1).json()["report"]["outdated"] is True


def test_what_is_erased_is_gone_and_leaves_a_stone(shelf: Shelf, person: Call) -> None:
    upload(person, TRAIN)
    work(shelf)
    before = set(shelf.world.store.backend.digests())
    version = person("sam").get(V1).json()
    assert person("lin").post(f"{V1}/erase", json={"reason": "They asked for it"}).status_code == 403
    erased = person("sam").post(f"{V1}/erase", json={"reason": "They asked for it"}).json()
    assert (erased["refs"], erased["digest"], erased["shared"]) == (["support/mail@1"], version["digest"], [])
    left = set(shelf.world.store.backend.digests())
    assert version["digest"] in before - left
    assert len(before - left) == erased["files"] == 2 + 6  # its file and manifest, five kinds of findings and theirs
    stone = person("sam").get(V1).json()
    assert (stone["erased"]["by"], stone["erased"]["reason"]) == ("sam", "They asked for it")
    assert (stone["digest"], stone["preview"], stone["report"]) == (version["digest"], {}, None)
    for path in ("erase", "examine", "clean"):
        body = {"erase": {"reason": "again"}, "examine": {}, "clean": {"leave_out": ["leak"]}}[path]
        assert person("sam").post(f"{V1}/{path}", json=body).json()["code"] == "dataset_erased"
    assert refusal(shelf, "support/mail@1") == "erased"
    with shelf.world.database.read() as session:
        [line] = audit_queries.entries(session, event="datasets.version.erased")
        assert line.details["digest"] == version["digest"]
    again = person("sam").post("/datasets/support/mail/versions", files=[("files", ("train.jsonl", jsonl(TRAIN)))])
    assert (again.status_code, again.json()["code"]) == (422, "dataset_erased")
    assert set(shelf.world.store.backend.digests()) == left
    assert upload(person, TRAIN[:4])["number"] == 2


def test_findings_that_another_report_holds_as_well_stay(shelf: Shelf, person: Call) -> None:
    upload(person, TRAIN)
    upload(person, [*TRAIN, chat("One more?", "yes")])
    work(shelf)
    assert person("sam").post(f"{V1}/erase", json={"reason": "Too old"}).status_code == 200
    [leak] = person("lin").get(f"{V1[:-1]}2/findings", params={"kind": "leak"}).json()["items"]
    assert (leak["line"], leak["text"]) == (8, "mail 1")


def test_a_file_that_another_version_holds_stays(shelf: Shelf, person: Call) -> None:
    held = [{"id": "z", "messages": [{"role": "user", "content": "Held?"}], "target": "yes"}]
    sam = person("sam")
    for items in (TRAIN, TRAIN[:3]):
        files = [("files", ("train.jsonl", jsonl(items))), ("files", ("dev.jsonl", jsonl(held)))]
        assert sam.post("/datasets/support/mail/versions", files=files).status_code == 201
    erased = sam.post(f"{V1}/erase", json={"reason": "Too old"}).json()
    assert (erased["shared"], erased["files"]) == (["support/mail@2"], 2)
    with shelf.world.database.read() as session:
        version = queries.get_ref(session, "support/mail@2")
    assert list(service.open_items(shelf.world.store, version, "dev")) == held


def test_a_job_whose_version_was_erased_meanwhile_fails_in_words(shelf: Shelf, person: Call) -> None:
    upload(person, TRAIN)
    person("sam").post(f"{V1}/erase", json={"reason": "Too old"})
    job = inline.run_next(shelf.world.database, shelf.world.store, shelf.world.settings)
    assert job is not None
    assert (job.state, job.error_code) == (JobState.FAILED, "dataset_erased")
    assert issubclass(DatasetNotUsable, AirdError)
