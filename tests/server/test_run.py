"""Starting the house: one process a folder, a first admin who gets in once, a port that is free."""

import os
import socket
import stat
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.errors import TokenNotValid
from aird.auth.permissions import Role
from aird.core.db import Database
from aird.core.settings import Settings
from aird.server.app import create_app
from aird.server.run import Admin, AlreadyRunning, data_folder_lock, found_admin, listen, prepare_admin
from aird.store.artifacts import open_store

URL = "http://127.0.0.1:8321"


def test_a_folder_is_used_by_one_process_at_a_time(settings: Settings) -> None:
    with data_folder_lock(settings):
        with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}\)"), data_folder_lock(settings):
            pass
        assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700
    with data_folder_lock(settings):
        assert (settings.home / "up.lock").read_text() == str(os.getpid())


def holder(database: Database, token: str) -> str:
    with database.read() as session:
        return auth.caller_by_token(session, token).actor.label


def test_the_first_start_makes_an_admin_who_gets_in(database: Database, settings: Settings) -> None:
    admin = prepare_admin(database, settings, URL)
    assert holder(database, admin.token) == "admin"
    with database.read() as session:
        person = auth_queries.get_person(session, "admin")
        roles = {each.role for each in auth_queries.actor_of(session, person).grants}
    assert roles == {Role.ADMIN, Role.STAFF}
    file = settings.home / "initial_admin_password"
    assert file.read_text().strip() == admin.password
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.fixture
def client(database: Database, settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings, database, open_store(settings, database), reconcile=False)) as opened:
        yield opened


def code(admin: Admin) -> dict[str, str]:
    start, _, found = admin.link.partition("?once=")
    assert start == f"{URL}/login"
    return {"code": found}


def test_a_server_that_finds_nobody_makes_the_first_admin(
    database: Database, settings: Settings, client: TestClient
) -> None:
    link = found_admin(database, settings, URL)
    assert link
    assert link.startswith(f"{URL}/login?once=")
    assert client.post("/api/v1/session/link", json={"code": link.partition("once=")[2]}).status_code == 200
    password = (settings.home / "initial_admin_password").read_text().strip()
    assert client.post("/api/v1/session", json={"username": "admin", "password": password}).status_code == 200
    assert found_admin(database, settings, URL) is None


def test_the_link_signs_in_once(database: Database, settings: Settings, client: TestClient) -> None:
    admin = prepare_admin(database, settings, URL)
    assert client.post("/api/v1/session/link", json=code(admin)).status_code == 200
    assert client.post("/api/v1/session/link", json=code(admin)).status_code == 401
    again = prepare_admin(database, settings, URL)
    assert client.post("/api/v1/session/link", json=code(again)).status_code == 200


def test_the_password_signs_in_as_well(database: Database, settings: Settings, client: TestClient) -> None:
    admin = prepare_admin(database, settings, URL)
    body = {"username": "admin", "password": admin.password}
    assert client.post("/api/v1/session", json=body | {"password": "other"}).status_code == 401
    assert client.post("/api/v1/session", json=body).status_code == 200


def test_the_next_start_revokes_the_token_of_the_one_before(database: Database, settings: Settings) -> None:
    first, second = prepare_admin(database, settings, URL), prepare_admin(database, settings, URL)
    with pytest.raises(TokenNotValid):
        holder(database, first.token)
    assert (holder(database, second.token), second.password) == ("admin", None)
    with database.read() as session:
        assert len(auth_queries.people(session)) == 1


def test_a_password_from_the_settings_is_used_and_not_written_down(database: Database, settings: Settings) -> None:
    settings.admin_password = SecretStr("correct horse battery")
    admin = prepare_admin(database, settings, URL)
    assert admin.password is None
    assert not (settings.home / "initial_admin_password").exists()
    with database.read() as session:
        assert auth_queries.get_person(session, "admin").password_hash


@pytest.fixture
def taken(settings: Settings) -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as other:
        other.bind((settings.host, 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_gives_way_to_the_next_free_one(settings: Settings, taken: int) -> None:
    settings.port = taken
    with pytest.raises(AlreadyRunning, match=f"Port {taken} "):
        listen(settings, next_free=False)
    with listen(settings, next_free=True) as listener:
        assert taken < listener.getsockname()[1] < taken + 20


def test_a_free_port_is_taken_as_it_is(settings: Settings, taken: int) -> None:
    with listen(settings, next_free=True) as listener:
        chosen = listener.getsockname()[1]
    settings.port = chosen
    with listen(settings, next_free=False) as again:
        assert again.getsockname()[1] == chosen


def test_above_the_last_port_there_is_none(settings: Settings) -> None:
    settings.port = 65535
    with listen(settings, next_free=True) as listener:
        assert listener.getsockname()[1] == 65535
        with pytest.raises(AlreadyRunning):
            listen(settings, next_free=True)
