"""Names, recipes and data sets that must not be taken; each beside one that is."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from aird.testing import World
from aird.testing_ml import make_adapter, make_base
from tests.e2e.processes import patience
from tests.server.house import BECAUSE, EXAMPLES, MERGE, TRAIN, House, contents

NAMES = (
    "..", "../mail", "support/..", "support/../finance/mail", "support", "support/a/b", "/support/mail",
    "support/mail/", "support//mail", "support/a\\b", "support/%2e%2e", "support/%252e%252e", "support/a\0b",
    "support/a\nb", "support/-a", "support/A", "support/" + "a" * 64, "support/é", "support/con", "support/new",
    "nowhere\u202e/mail", "support/a--b", "support/a.git", "support/mail@1", "file:///etc/passwd", "", " ",
    "support/ mail",
)  # fmt: skip
REFS = (
    "mail@1", "support/mail@0", "support/mail@-1", "support/mail@01", "support/mail@1e3", "support/mail@" + "9" * 30,
    "support/mail@latest", "support/../mail@1", "support/mail@1@1", "support/mail@\u0661", "support/a\0b@1",
)  # fmt: skip
SEGMENTS = (
    "%2e%2e", "%252e%252e", "%2e%2e%2f%2e%2e", "..%5c..", "%00", "a%00b", "%2fetc%2fpasswd", "...", "a%0ab",
)  # fmt: skip
LINE = b'{"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]}\n'


@pytest.fixture
def house(world: World) -> House:
    return House(world).furnish()


def refused(answer: Response, *statuses: int) -> str:
    """The code of a clear refusal."""
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["detail"]
    assert found["status"] == answer.status_code
    return str(found["code"])


def post(house: House, path: str, body: Any) -> Response:
    return house.client.post(f"/api/v1{path}", content=json.dumps(body), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("path", ["/models", "/datasets", "/endpoints", "/suites"])
def test_a_name_that_is_no_name_is_refused(house: House, path: str) -> None:
    good, before = EXAMPLES[path], house.state()
    for name in NAMES:
        code = refused(post(house, path, {**good, "name": name}), 400, 404, 422)
        assert code in ("invalid_request", "name_refused", "text_not_storable", "department_not_found"), name
        assert house.state() == before, name
    assert post(house, path, good).status_code == 201


def test_a_reference_that_is_none_is_refused(house: House) -> None:
    before = house.state()
    for ref in REFS:
        refused(post(house, "/evaluations", {"versions": [ref]}), 400, 404, 422)
        refused(post(house, "/trainings", {"recipe": {**TRAIN, "base": ref}}), 400, 422)
        refused(post(house, "/trainings", {"recipe": {**TRAIN, "datasets": [ref]}}), 400, 422)
        refused(post(house, "/approvals", {**EXAMPLES["/approvals"], "version": ref}), 400, 404, 422)
        refused(post(house, "/endpoints/support/desk/deploy", {"version": ref}), 400, 404, 422)
        assert house.state() == before, ref
    assert post(house, "/evaluations", {"versions": ["support/mail@1"]}).status_code == 202


PATHS = (
    "models/{}/mail", "models/support/{}", "models/support/{}/versions/1", "models/support/mail/versions/{}",
    "datasets/support/{}", "endpoints/support/{}", "jobs/{}", "requests/{}",
)  # fmt: skip


def test_a_path_never_leaves_its_place(house: House) -> None:
    before = house.state()
    for segment in SEGMENTS:
        for path in PATHS:
            refused(house.client.get(f"/api/v1/{path.format(segment)}"), 400, 404, 422)
        for root in ("", "assets/", "v1/models/"):
            assert "root:" not in house.client.get(f"/{root}{segment}").text
        refused(house.client.post(f"/api/v1/models/support/{segment}/versions/1/retire", json=BECAUSE), 400, 404, 422)
        assert house.state() == before, segment
    assert house.post("/models/support/mail/versions/1/retire", BECAUSE) == 200


RECIPES = {
    "a key that is unknown": MERGE + "surprise: 1\n",
    "a key of a model that is unknown": MERGE.replace("{weight: 0.5}}", "{weight: 0.5, surprise: 1}}", 1),
    "an unknown method": MERGE.replace("linear", "ties"),
    "no method": MERGE.replace("merge_method: linear", ""),
    "no models": "merge_method: linear",
    "an alias": "a: &a [1]\nb: *a\n" + MERGE,
    "a python object": "merge_method: !!python/object/apply:os.system [id]",
    "no YAML": "{",
    "a list": "[]",
    "nothing": "",
    "a NUL": MERGE.replace("Both", '"B\\0oth"'),
    "half a surrogate pair": MERGE.replace("Both", '"B\\ud800oth"'),
    "a weight of NaN": MERGE.replace("0.5", ".nan"),
    "an infinite weight": MERGE.replace("0.5", ".inf"),
    "a weight of text": MERGE.replace("0.5", "heavy"),
    "a depth of 1000": "merge_method: " + "[" * 1000 + "]" * 1000,
    "a path as a model": MERGE.replace("support/mail@1", "/etc/passwd"),
    "the same model twice": MERGE.replace("calls", "mail"),
}


def test_a_merge_recipe_that_cannot_be_followed_is_refused(house: House) -> None:
    before = house.state()
    for what, text in RECIPES.items():
        for path in ("/merges", "/merges/plan"):
            code = refused(post(house, path, {"yaml": text, "model": "support/both"}), 400, 422)
            assert code in ("recipe_refused", "merge_not_possible", "text_not_storable"), what
        assert house.state() == before, what
    assert post(house, "/merges", {"yaml": MERGE}).status_code == 202


def test_a_training_recipe_with_impossible_numbers_is_refused(house: House) -> None:
    before = house.state()
    for changes in ({"limit": 0}, {"limit": 10**30}, {"settings": {"steps": 10**9}}, {"settings": {"surprise": 1}},
                    {"settings": {"learning_rate": float("nan")}}, {"settings": {"lora": {"r": 200_000_000}}},
                    {"settings": {"lora": {"target_modules": "(a+)+$"}}}, {"method": "magic"}):  # fmt: skip
        assert refused(post(house, "/trainings", {"recipe": {**TRAIN, **changes}}), 422) == "recipe_refused", changes
        assert house.state() == before, changes
    assert post(house, "/trainings", {"recipe": TRAIN}).status_code == 202


def chat(text: str) -> bytes:
    """One item, with the text as JSON escapes it."""
    return b'{"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "!"}]}\n' % text.encode()


DATASETS: dict[str, dict[str, bytes]] = {
    "nothing": {"train.jsonl": b""},
    "blank lines": {"train.jsonl": b"\n\n  \n"},
    "not UTF-8": {"train.jsonl": LINE + b'{"text": "\xff"}\n'},
    "UTF-16": {"train.jsonl": LINE.decode().encode("utf-16")},
    "a line of 10 MB": {"train.jsonl": LINE + chat("x" * 10_000_000)},
    "10 MB without a line": {"train.jsonl": b"x" * 10_000_000},
    "deep": {"train.jsonl": b'{"messages": ' + b"[" * 20_000 + b"]" * 20_000 + b"}\n"},
    "not a number": {"train.jsonl": b'{"id": "a", "messages": [], "answer": NaN}\n'},
    "half a surrogate pair": {"train.jsonl": chat("\\ud800")},
    "a NUL": {"train.jsonl": chat("\\u0000")},
    "a list": {"train.jsonl": b"[1]\n"},
    "compressed": {"train.jsonl": gzip.compress(LINE)},
    "one good and one bad split": {"train.jsonl": LINE, "dev.jsonl": b"{}\n"},
    "a name that leaves the folder": {"../train.jsonl": LINE},
    "a name with a NUL in an escape": {"tr%00ain.jsonl": LINE},
    "no ending": {"train": LINE},
}
DATASET_CODES = ("dataset_refused", "file_name_refused", "split_name_refused", "upload_malformed")


def test_a_dataset_that_cannot_be_read_is_refused_and_leaves_nothing(house: House) -> None:
    assert house.post("/datasets", EXAMPLES["/datasets"]) == 201
    before = house.state()
    for what, files in DATASETS.items():
        answer = house.upload("/datasets/support/set", files)
        assert answer.elapsed.total_seconds() < patience(5), what
        assert refused(answer, 400, 413, 422) in DATASET_CODES, what
        assert house.state() == before, what
    answer = house.upload("/datasets/support/set", {"train.jsonl": LINE + chat("\\ud83d\\ude00")})
    assert answer.status_code == 201, answer.text
    assert house.client.get("/api/v1/datasets/support/set/versions/1").status_code == 200


def test_the_card_of_a_dataset_is_text(house: House) -> None:
    assert house.post("/datasets", EXAMPLES["/datasets"]) == 201
    before = house.state()
    for card in ("a\0b", "x" * 40_000):
        refused(house.upload("/datasets/support/set", {"train.jsonl": LINE}, card=card), 400)
        assert house.state() == before
    assert house.upload("/datasets/support/set", {"train.jsonl": LINE}, card="科目").status_code == 201


def test_adapters_of_different_bases_or_tokenizers_do_not_come_together(world: World, tmp_path: Path) -> None:
    house = House(world)
    texts = {"one": ["Where is the mail?"] * 3, "two": ["科目6102餐费"] * 3}
    for seed, name in enumerate(("one", "two")):
        house.hire(f"platform/{name}", make_base(tmp_path / name, seed=seed, texts=texts[name]))
        house.hire(f"support/{name}", make_adapter(tmp_path / f"on-{name}", seed=seed), f"platform/{name}@1")
    house.hire("support/too", make_adapter(tmp_path / "too", seed=7), "platform/one@1")
    assert house.upload("/datasets/support/set", {"unlabelled.jsonl": LINE}).status_code == 404
    assert house.post("/datasets", EXAMPLES["/datasets"]) == 201
    assert house.upload("/datasets/support/set", {"unlabelled.jsonl": LINE}).status_code == 201
    before, recipe = house.state(), MERGE.replace("mail", "one").replace("calls", "two")
    answer = post(house, "/merges", {"yaml": recipe})
    assert refused(answer, 422) == "parents_not_compatible"
    assert answer.json()["params"]["reason"] == "different_bases"
    lesson = {"model": "support/pupil", "student": "support/one@1", "teachers": [
        {"version": "support/two@1", "dataset": "support/set@1"}]}  # fmt: skip
    assert refused(post(house, "/distillations", {"recipe": lesson}), 422) == "teachers_differ"
    assert house.state() == before
    assert post(house, "/merges", {"yaml": recipe.replace("two", "too")}).status_code == 202
    lesson["teachers"] = [{"version": "support/too@1", "dataset": "support/set@1"}]
    assert post(house, "/distillations", {"recipe": lesson}).status_code == 202
    assert contents(tmp_path / "too")
