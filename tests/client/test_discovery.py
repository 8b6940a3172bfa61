import json
from pathlib import Path

import pytest

from aird.client.discovery import Place, find_server
from aird.client.errors import NoServer


def noted(folder: Path, text: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    server = {"url": "http://127.0.0.1:9", "pid": 1, "token": "local"}
    (folder / "server.json").write_text(json.dumps(server) if text is None else text)
    return folder


def test_an_argument_wins_over_the_environment() -> None:
    env = {"AIRD_URL": "http://env", "AIRD_TOKEN": "env"}
    assert find_server("http://given", "given", env=env) == Place("http://given", "given")


def test_the_environment_wins_over_the_data_folder(tmp_path: Path) -> None:
    env = {"AIRD_URL": "http://env", "AIRD_TOKEN": "env", "AIRD_DATA_DIR": str(noted(tmp_path))}
    assert find_server(env=env) == Place("http://env", "env")


def test_a_data_folder_that_was_given_wins_over_the_address_in_the_environment(tmp_path: Path) -> None:
    env = {"AIRD_URL": "http://env", "AIRD_TOKEN": "of the server at http://env"}
    found = find_server(data_dir=noted(tmp_path), env=env)
    assert found == Place("http://127.0.0.1:9", "local", local=True)


def test_a_running_server_is_found_through_its_data_folder(tmp_path: Path) -> None:
    found = find_server(env={"AIRD_DATA_DIR": str(noted(tmp_path))})
    assert found == Place("http://127.0.0.1:9", "local", local=True)


def test_a_token_in_the_environment_is_used_instead_of_the_local_one(tmp_path: Path) -> None:
    assert find_server(env={"AIRD_DATA_DIR": str(noted(tmp_path)), "AIRD_TOKEN": "mine"}).token == "mine"


def test_the_local_token_is_never_sent_to_an_address_elsewhere(tmp_path: Path) -> None:
    env = {"AIRD_URL": "http://elsewhere", "AIRD_DATA_DIR": str(noted(tmp_path))}
    assert find_server(env=env).token is None


def test_no_server_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoServer, match="aird up") as caught:
        find_server(env={"AIRD_DATA_DIR": str(tmp_path)})
    assert str(tmp_path) in caught.value.message


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '"text"'])
def test_a_note_that_cannot_be_read_is_no_server(tmp_path: Path, text: str) -> None:
    with pytest.raises(NoServer, match="cannot be read"):
        find_server(data_dir=noted(tmp_path, text), env={})


def test_a_token_does_not_show_when_a_place_is_printed() -> None:
    assert "secret" not in repr(Place("http://given", "secret"))
