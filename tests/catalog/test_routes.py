"""The personnel files over HTTP; uploads of real tiny models."""

from pathlib import Path

import pytest
from httpx2 import Response

from aird.catalog.models import Kind
from aird.catalog.routes import router
from aird.testing import World
from aird.testing_ml import make_adapter, make_base
from tests.requests.web import Call, people_of


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("models")
    return {"base": make_base(home / "base"), "adapter": make_adapter(home / "adapter", rank=2)}


@pytest.fixture
def person(world: World) -> Call:
    return people_of(world, router)


def upload(
    person: Call, folder: Path, *, by: str = "sam", model: str = "platform/tiny", opened: bool = False, **said: str
) -> Response:
    """Open the model, unless it is there, and send every file of the folder."""
    if not opened:
        person("sam").post("/models", json={"name": model, "title": "Tiny"})
    parts = [("files", (each.name, each.read_bytes())) for each in sorted(folder.iterdir())]
    return person(by).post(f"/models/{model}/versions", files=parts, data=said)


def refs(answer: Response) -> list[str]:
    return [each["ref"] for each in answer.json()["items"]]


def test_a_model_is_opened_and_found(person: Call) -> None:
    body = {"name": "support/mail", "title": " Mail ", "description": "Sorts the mail", "tags": ["mail"]}
    made = person("sam").post("/models", json=body)
    assert made.status_code == 201
    assert (made.json()["title"], made.json()["department"], made.json()["latest"]) == ("Mail", "support", None)
    assert person("noor").get("/models/support/mail").json() == made.json()


@pytest.mark.parametrize(
    ("who", "change", "status", "code"),
    [
        ("sam", {"name": "support/mail"}, 409, "model_exists"),
        ("sam", {"name": "moon/mail"}, 404, "department_not_found"),
        ("sam", {"name": "Support/Mail"}, 422, "invalid_request"),
        ("sam", {"title": "  "}, 422, "invalid_request"),
        ("sam", {"owner": "sam"}, 422, "invalid_request"),
        ("rui", {}, 403, "not_permitted"),
        ("lin", {}, 403, "not_permitted"),
    ],
)
def test_a_model_that_makes_no_sense_is_refused(
    world: World, person: Call, who: str, change: dict[str, str], status: int, code: str
) -> None:
    world.version("support/mail")
    answer = person(who).post("/models", json={"name": "support/calls", "title": "Calls", **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_base_and_an_adapter_are_uploaded_with_their_facts(person: Call, folders: dict[str, Path]) -> None:
    base = upload(person, folders["base"], license="apache-2.0", notes="From scratch")
    assert base.status_code == 201, base.text
    assert (base.json()["kind"], base.json()["state"], base.json()["license"]) == ("base", "draft", "apache-2.0")
    assert {each["path"] for each in base.json()["files"]} == {path.name for path in folders["base"].iterdir()}
    adapter = upload(person, folders["adapter"], model="support/mail", base="platform/tiny@1")
    assert adapter.status_code == 201, adapter.text
    shown = adapter.json()
    assert (shown["ref"], shown["kind"], shown["base"]) == ("support/mail@1", "adapter", "platform/tiny@1")
    assert (shown["facts"]["rank"], shown["created_by"]) == (2, "sam")
    assert shown["parents"] == [{"ref": "platform/tiny@1", "relation": "base", "weight": None}]


def test_a_whole_model_made_from_a_base_is_its_descendant(
    person: Call, folders: dict[str, Path], tmp_path: Path
) -> None:
    upload(person, folders["base"])
    tuned = upload(person, make_base(tmp_path / "tuned", seed=4), base="platform/tiny")
    assert (tuned.json()["ref"], tuned.json()["kind"], tuned.json()["base"]) == ("platform/tiny@2", "full", None)
    tree = person("noor").get("/models/platform/tiny/versions/2/lineage").json()
    assert [(each["ref"], each["relation"]) for each in tree["ancestors"]] == [("platform/tiny@1", "continued")]
    assert person("noor").get("/models/platform/tiny/versions/1").json()["children"][0]["ref"] == "platform/tiny@2"


def test_the_same_bytes_again_are_a_conflict_that_names_the_version(person: Call, folders: dict[str, Path]) -> None:
    assert upload(person, folders["base"]).status_code == 201
    again = upload(person, folders["base"], notes="again")
    assert (again.status_code, again.json()["code"]) == (409, "version_exists")
    assert again.json()["params"] == {"ref": "platform/tiny@1"}
    assert upload(person, folders["base"], model="platform/copy").status_code == 201


def test_an_adapter_needs_a_base_that_is_a_whole_model(person: Call, folders: dict[str, Path]) -> None:
    upload(person, folders["base"])
    upload(person, folders["adapter"], model="support/mail", base="platform/tiny@1")
    for said, code in (({}, "base_needed"), ({"base": "support/mail@1"}, "not_a_base")):
        answer = upload(person, folders["adapter"], model="hr/forms", **said)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert upload(person, folders["adapter"], model="hr/forms", base="platform/tiny").status_code == 201


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"base": "platform/tiny@9"}, 404, "version_not_found"),
        ({"base": "../etc"}, 422, "name_refused"),
        ({"license": "x" * 65}, 400, "field_unknown"),
        ({"base": "x" * 129}, 400, "field_unknown"),
        ({"notes": "x" * 4001}, 400, "field_unknown"),
        ({"owner": "sam"}, 400, "field_unknown"),
    ],
)
def test_what_is_said_wrong_about_the_files_is_refused(
    world: World, person: Call, folders: dict[str, Path], said: dict[str, str], status: int, code: str
) -> None:
    answer = upload(person, folders["base"], **said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not list(world.store.backend.digests())
    assert list((world.settings.home / "uploads").glob("*")) == []


def test_a_foreign_file_is_refused_and_nothing_is_kept(world: World, person: Call, tmp_path: Path) -> None:
    base = make_base(tmp_path / "base")
    (base / "modeling.py").write_text("import os")
    answer = upload(person, base)
    assert (answer.status_code, answer.json()["code"]) == (422, "intake_refused")
    assert (answer.json()["params"]["file"], list(world.store.backend.digests())) == ("modeling.py", [])
    (base / "modeling.py").unlink()
    assert upload(person, base).status_code == 201


@pytest.mark.parametrize(("who", "status"), [("rui", 403), ("lin", 403), ("sam", 201)])
def test_uploading_needs_the_right_in_the_models_department(
    person: Call, folders: dict[str, Path], who: str, status: int
) -> None:
    assert upload(person, folders["base"], by=who, model="support/whole").status_code == status


def test_an_upload_to_a_model_that_is_not_there_is_not_found(person: Call, folders: dict[str, Path]) -> None:
    answer = upload(person, folders["base"], opened=True)
    assert (answer.status_code, answer.json()["code"]) == (404, "model_not_found")


def test_a_version_is_suspended_brought_back_and_retired(world: World, person: Call) -> None:
    world.score(world.version("support/mail"), "support/exam", 0.9)
    path, sam = "/models/support/mail/versions/1", person("sam")
    for way, state in (("suspend", "suspended"), ("reinstate", "candidate"), ("retire", "retired")):
        answer = sam.post(f"{path}/{way}", json={"reason": "Because"})
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    again = sam.post(f"{path}/retire", json={"reason": "Because"})
    assert (again.status_code, again.json()["code"]) == (409, "move_not_allowed")
    assert sam.get(path).json()["state"] == "retired"


def test_a_lead_cannot_retire_and_nobody_without_a_reason(world: World, person: Call) -> None:
    world.version("support/mail")
    path = "/models/support/mail/versions/1/retire"
    assert person("lin").post(path, json={"reason": "Because"}).status_code == 403
    assert person("sam").post(path, json={"reason": "  "}).status_code == 422
    assert person("sam").post("/models/support/mail/versions/2/retire", json={"reason": "x"}).status_code == 404
    assert person("sam").post(path, json={"reason": "Because"}).status_code == 200


def test_the_skills_are_shown_by_department(world: World, person: Call) -> None:
    base = world.version("platform/base", kind=Kind.BASE)
    for name, score in (("support/mail", 0.5), ("finance/books", 0.75)):
        world.score(world.version(name, kind=Kind.ADAPTER, base=base), "support/exam", score)
    matrix = person("noor").get("/skills").json()
    assert (matrix["suites"], [row["ref"] for row in matrix["rows"]]) == (
        ["support/exam"],
        ["finance/books@1", "support/mail@1"],
    )
    [row] = person("noor").get("/skills?department=support").json()["rows"]
    assert (row["cells"]["support/exam"]["score"], row["state"]) == (0.5, "candidate")
