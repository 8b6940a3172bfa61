import json

import pytest

import aird.client
from aird.client import ApiProblem, BadReference, Client, ConnectionFailed
from tests.client.stand_in import StandIn

CHAT = "/v1/chat/completions"


def chunk(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"


def test_an_answer_comes_in_chunks(server: StandIn, client: Client) -> None:
    server.on("POST", CHAT, server.stream(chunk("Hel"), chunk("lo"), b"data: [DONE]\n\n"))
    found = [each["choices"][0]["delta"]["content"] for each in client.chat("a/b", [{"role": "user"}], seed=1)]
    assert found == ["Hel", "lo"]
    assert server.calls[0].json() == {
        "model": "a/b",
        "messages": [{"role": "user"}],
        "stream": True,
        "seed": 1,
    }


def test_an_answer_can_be_had_whole(server: StandIn, client: Client) -> None:
    server.on("POST", CHAT, {"choices": []})
    assert client.chat("a/b", [], stream=False) == {"choices": []}


def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(server: StandIn, client: Client) -> None:
    server.on("POST", CHAT, server.stream(chunk("Hel")))
    answer = client.chat("a/b", [])
    assert next(answer)
    with pytest.raises(ConnectionFailed, match="broke off"):
        next(answer)


def test_an_error_in_the_middle_of_an_answer_is_raised(server: StandIn, client: Client) -> None:
    error = b'data: {"error": {"message": "The runtime died.", "code": "runtime_died"}}\n\n'
    server.on("POST", CHAT, server.stream(chunk("Hel"), error))
    with pytest.raises(ApiProblem, match=r"The runtime died\."):
        list(client.chat("a/b", []))


def test_a_recipe_goes_as_text_or_as_an_object(server: StandIn, client: Client) -> None:
    for path in ("/api/v1/trainings", "/api/v1/distillations"):
        server.on("POST", path, {"id": "7"})
    assert client.trainings.start("kind: Train")["id"] == "7"
    client.distillations.start({"kind": "Distill"})
    assert [call.json() for call in server.calls] == [
        {"yaml": "kind: Train"},
        {"recipe": {"kind": "Distill"}},
    ]


def test_a_merge_names_where_the_child_is_filed(server: StandIn, client: Client) -> None:
    server.on("POST", "/api/v1/merges", {"id": "7"})
    server.on("POST", "/api/v1/merges/plan", {"exact": True})
    client.merges.start("merge_method: linear", model="a/b", search={"budget": 3})
    assert client.merges.plan("merge_method: linear")["exact"]
    assert [call.json() for call in server.calls] == [
        {"yaml": "merge_method: linear", "model": "a/b", "search": {"budget": 3}},
        {"yaml": "merge_method: linear"},
    ]


def test_an_evaluation_without_suites_means_all(server: StandIn, client: Client) -> None:
    server.on("POST", "/api/v1/evaluations", {"id": "7"})
    client.evaluations.start(["a/b@1"])
    client.evaluations.start(["a/b@1"], ["a/exam"], "dev")
    assert [call.json() for call in server.calls] == [
        {"versions": ["a/b@1"], "suites": None},
        {"versions": ["a/b@1"], "suites": ["a/exam"], "split": "dev"},
    ]


def test_the_latest_version_is_looked_up(server: StandIn, client: Client) -> None:
    server.on("GET", "/api/v1/models/a/b", {"latest": {"version": 4}})
    server.on("GET", "/api/v1/models/a/b/versions/4", {"ref": "a/b@4"})
    assert client.versions.get("a/b") == client.versions.get("a/b@4") == {"ref": "a/b@4"}


def test_a_model_without_versions_has_no_latest_one(server: StandIn, client: Client) -> None:
    server.on("GET", "/api/v1/models/a/b", {"latest": None})
    with pytest.raises(ApiProblem, match="no version yet") as caught:
        client.versions.get("a/b")
    assert caught.value.status == 404


def test_a_model_is_created_only_when_it_is_missing(server: StandIn, client: Client) -> None:
    server.on("POST", "/api/v1/models", {"name": "a/refund-helper"})
    client.models.ensure("a/refund-helper")
    server.on("GET", "/api/v1/models/a/refund-helper", {"name": "a/refund-helper"})
    client.models.ensure("a/refund-helper")
    (created,) = server.sent("POST", "/api/v1/models")
    assert created.json() == {"name": "a/refund-helper", "title": "Refund helper"}


def test_a_bad_name_is_said_before_anything_is_sent(server: StandIn, client: Client) -> None:
    for call in (client.models.get, client.endpoints.get, client.versions.get):
        with pytest.raises(BadReference):
            call("nonsense")
    assert not server.calls


def test_deploying_an_approval_names_the_bytes_that_were_signed(server: StandIn, client: Client) -> None:
    server.on("GET", "/api/v1/approvals/1", {"id": "1", "version": "a/b@2", "digest": "sha256:x"})
    server.on("POST", "/api/v1/endpoints/a/desk/deploy", {"state": "starting"})
    assert client.endpoints.deploy("a/desk", approval="1") == {"state": "starting"}
    assert server.calls[-1].json() == {"version": "a/b@2", "digest": "sha256:x", "approval": "1"}


def test_feedback_names_the_answer_it_is_about(server: StandIn, client: Client) -> None:
    server.on("POST", "/api/v1/feedback", {"dataset": "a/feedback"})
    assert client.feedback.give("chatcmpl-1", rating=-1, correction="Queue B")["dataset"] == "a/feedback"
    sent = server.calls[0].json()
    assert (sent["completion_id"], sent["rating"], sent["correction"]) == ("chatcmpl-1", -1, "Queue B")


def test_the_audit_log_is_read_backwards_to_its_start(server: StandIn, client: Client) -> None:
    pages = [{"items": [{"seq": 3}, {"seq": 2}], "next": "2"}, {"items": [{"seq": 1}], "next": None}]
    server.on("GET", "/api/v1/audit", *pages)
    assert [each["seq"] for each in client.audit.list()] == [3, 2, 1]
    assert [call.query.get("before") for call in server.calls] == [None, "2"]


def test_the_export_is_streamed_line_by_line(server: StandIn, client: Client) -> None:
    server.on("GET", "/api/v1/audit/export", server.stream(b'{"seq": 1}\n{"s', b'eq": 2}\n', b'{"seq": 3}'))
    assert [each["seq"] for each in client.audit.export()] == [1, 2, 3]


def test_only_the_names_it_lists_can_be_taken_from_the_package() -> None:
    assert aird.client.ApiProblem is ApiProblem
    with pytest.raises(AttributeError, match="nothing"):
        _ = aird.client.nothing
