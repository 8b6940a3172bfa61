"""What people say about answers, and what becomes of it."""

import pytest

from aird.audit import queries as audit_queries
from aird.datasets import exchanges, service
from aird.datasets.feedback import dataset_name
from aird.datasets.models import DatasetKind
from aird.datasets.queries import get_dataset, get_ref
from aird.datasets.routes import router
from aird.metering import service as metering
from aird.metering.models import Status
from tests.datasets.conftest import Shelf
from tests.requests.web import Call, people_of

ITEMS, SNAPSHOT = "/datasets/support/desk-feedback/items", "/datasets/support/desk-feedback/snapshot"
QUESTION = [{"role": "user", "content": "Where is my parcel?"}]


@pytest.fixture
def person(shelf: Shelf) -> Call:
    return people_of(shelf.world, router)


def answer(shelf: Shelf, completion: str = "chatcmpl-1", endpoint: str = "support/desk") -> str:
    """An answer in the ledger."""
    with shelf.world.database.write() as session:
        entry = metering.Answer(
            request_id=completion,
            department_id=shelf.world.department_id(endpoint.partition("/")[0]),
            endpoint=endpoint,
            unit=f"sha256:{'1' * 64}",
            version="support/desk@1",
            token_id=None,
            person_id=None,
            prompt_tokens=3,
            completion_tokens=4,
            status=Status.OK,
            milliseconds=5,
        )
        metering.record_answers(session, [entry])
    return completion


def test_feedback_is_filed_beside_the_endpoint_with_the_version_that_answered(shelf: Shelf, person: Call) -> None:
    body = {"completion_id": answer(shelf), "rating": -1, "correction": "Queue 14.", "messages": QUESTION}
    filed = person("lin").post("/feedback", json=body)
    assert (filed.status_code, filed.json()["dataset"]) == (201, "support/desk-feedback")
    [item] = person("lin").get(ITEMS).json()["items"]
    assert item == filed.json()["item"]
    assert (item["version"], item["rating"], item["person"]) == ("support/desk@1", -1, "lin")
    with shelf.world.database.read() as session:
        entry = audit_queries.entries(session, event="datasets.feedback")[0]
    assert (entry.actor_name, entry.event, entry.details["corrected"]) == ("lin", "datasets.feedback.given", True)


def test_feedback_on_an_unknown_answer_is_not_found(person: Call) -> None:
    filed = person("lin").post("/feedback", json={"completion_id": "chatcmpl-0", "rating": 1})
    assert (filed.status_code, filed.json()["code"]) == (404, "completion_not_found")


@pytest.mark.parametrize("who", ["omar", "noor", "rui"])
def test_feedback_on_another_department_s_answer_is_refused(shelf: Shelf, person: Call, who: str) -> None:
    body = {"completion_id": answer(shelf), "rating": 1}
    assert person(who).post("/feedback", json=body).status_code == 403
    assert person("lin").post("/feedback", json=body).status_code == 201


@pytest.mark.parametrize("change", [{"rating": 0}, {"rating": 5}, {"messages": [{"role": "tool", "content": ""}]}])
def test_feedback_that_makes_no_sense_is_refused(shelf: Shelf, person: Call, change: dict[str, object]) -> None:
    filed = person("lin").post("/feedback", json={"completion_id": answer(shelf), "rating": 1, **change})
    assert (filed.status_code, filed.json()["code"]) == (422, "invalid_request")


def test_a_second_opinion_replaces_the_first_and_the_audit_log_has_both(shelf: Shelf, person: Call) -> None:
    lin, completion = person("lin"), answer(shelf)
    first = lin.post("/feedback", json={"completion_id": completion, "rating": 1, "messages": QUESTION})
    second = lin.post("/feedback", json={"completion_id": completion, "rating": -1, "comment": "on second thought"})
    assert first.json()["id"] == second.json()["id"]
    other = person("sam").post("/feedback", json={"completion_id": completion, "rating": 1})
    assert other.json()["id"] != first.json()["id"]
    items = lin.get(ITEMS).json()["items"]
    assert [(each["person"], each["rating"], each["messages"]) for each in items] == [
        ("lin", -1, QUESTION), ("sam", 1, []),
    ]  # fmt: skip
    with shelf.world.database.read() as session:
        events = [entry.event for entry in audit_queries.entries(session, event="datasets.feedback")]
    assert events == ["datasets.feedback.given", "datasets.feedback.changed", "datasets.feedback.given"]


def test_feedback_is_read_by_those_who_work_there_alone(shelf: Shelf, person: Call) -> None:
    person("lin").post("/feedback", json={"completion_id": answer(shelf), "rating": 1})
    assert person("lin").get(ITEMS).status_code == 200
    for who in ("omar", "noor"):
        assert person(who).get(ITEMS).status_code == 403


def test_the_list_goes_on_where_the_page_ended(shelf: Shelf, person: Call) -> None:
    lin = person("lin")
    for n in range(3):
        lin.post("/feedback", json={"completion_id": answer(shelf, f"chatcmpl-{n}"), "rating": 1})
    first = lin.get(ITEMS, params={"limit": 2}).json()
    second = lin.get(ITEMS, params={"limit": 2, "cursor": first["next"]}).json()
    shown = [each["completion_id"] for page in (first, second) for each in page["items"]]
    assert (shown, second["next"]) == (["chatcmpl-0", "chatcmpl-1", "chatcmpl-2"], None)


def test_a_snapshot_freezes_what_can_be_trained_on(shelf: Shelf, person: Call) -> None:
    said = [
        {"rating": -1, "messages": QUESTION, "answer": "No idea.", "correction": "Queue 14."},
        {"rating": 1, "messages": QUESTION, "answer": "Queue 15."},
        {"rating": -1, "messages": QUESTION, "answer": "Go away."},
        {"rating": 1},
    ]
    for n, each in enumerate(said):
        person("lin").post("/feedback", json={"completion_id": answer(shelf, f"chatcmpl-{n}"), **each})
    frozen = person("sam").post(SNAPSHOT)
    assert (frozen.status_code, frozen.json()["splits"]) == (201, {"feedback": 4, "train": 2})
    assert (frozen.json()["format"], frozen.json()["formats"]["feedback"]) == ("chat", "feedback")
    with shelf.world.database.read() as session:
        version = get_ref(session, "support/desk-feedback")
    trained = [item["messages"][-1]["content"] for item in service.open_items(shelf.world.store, version, "train")]
    assert trained == ["Queue 14.", "Queue 15."]
    assert not any("person" in item for item in service.open_items(shelf.world.store, version, "feedback"))


def test_personal_data_is_taken_out_of_what_people_say(shelf: Shelf, person: Call) -> None:
    asked = [{"role": "user", "content": "I am ann@example.com."}]
    body = {"rating": 1, "messages": asked, "answer": "Hello bob@example.com", "correction": "Write to 192.0.2.7"}
    filed = person("lin").post("/feedback", json={"completion_id": answer(shelf), **body}).json()["item"]
    assert (filed["messages"][0]["content"], filed["answer"]) == ("I am [email].", "Hello [email]")
    assert filed["correction"] == "Write to [ip]"


def test_what_was_rated_without_its_words_gets_them_from_the_kept_exchange(shelf: Shelf, person: Call) -> None:
    person("lin").post("/feedback", json={"completion_id": answer(shelf), "rating": 1})
    with shelf.world.database.write() as session:
        dataset = get_dataset(session, "support/desk-feedback")
        kept = exchanges.clean("chatcmpl-1", f"sha256:{'1' * 64}", "support/desk@1", QUESTION, "Queue 15.")
        exchanges.keep(session, "support/desk", dataset, kept, days=9)
    frozen = person("sam").post(SNAPSHOT, params={"captured": True}).json()
    assert frozen["splits"] == {"feedback": 1, "train": 1}
    assert person("sam").get("/datasets/support/desk-feedback").json()["retention_days"] == 9


def test_a_snapshot_of_nothing_new_is_the_version_there_is(shelf: Shelf, person: Call) -> None:
    person("lin").post("/feedback", json={"completion_id": answer(shelf), "rating": 1})
    sam = person("sam")
    assert [sam.post(SNAPSHOT).json()["ref"] for _ in range(2)] == ["support/desk-feedback@1"] * 2
    person("sam").post("/feedback", json={"completion_id": "chatcmpl-1", "rating": -1})
    assert sam.post(SNAPSHOT).json()["ref"] == "support/desk-feedback@2"


def test_a_lead_freezes_nothing_and_an_uploaded_data_set_is_not_frozen(shelf: Shelf, person: Call) -> None:
    shelf.dataset()
    person("lin").post("/feedback", json={"completion_id": answer(shelf), "rating": 1})
    assert person("lin").post(SNAPSHOT).status_code == 403
    assert person("sam").post("/datasets/support/mail/snapshot").json()["code"] == "upload_refused"
    assert person("sam").post(SNAPSHOT).status_code == 201


def test_a_snapshot_before_anybody_said_anything_is_refused(shelf: Shelf, person: Call) -> None:
    shelf.dataset("support/desk-feedback", DatasetKind.FEEDBACK)
    assert person("sam").post(SNAPSHOT).json()["code"] == "nothing_to_freeze"


def test_a_data_set_of_another_kind_is_not_filled_with_feedback(shelf: Shelf, person: Call) -> None:
    shelf.dataset("support/desk-feedback")
    filed = person("lin").post("/feedback", json={"completion_id": answer(shelf), "rating": 1})
    assert (filed.status_code, filed.json()["code"]) == (409, "dataset_exists")


@pytest.mark.parametrize("length", [1, 54, 55, 63])
def test_the_name_of_the_data_set_stays_a_name(length: int) -> None:
    name = dataset_name(f"support/{'a' * (length - 1)}b")
    assert name.endswith("-feedback")
    assert len(name.partition("/")[2]) <= 63
