"""Cards in a notebook: nothing of the server becomes markup, and a job's card moves."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from aird.client import display
from aird.client.record import Record
from aird.client.schema_gen import JobRead, ModelRead, VersionRead

HOSTILE = "<script>alert(1)</script>"


@pytest.mark.parametrize("kind", [ModelRead, VersionRead, JobRead, Record])
def test_what_the_server_says_never_becomes_markup(kind: type[Record]) -> None:
    found = kind(
        {
            "name": HOSTILE, "ref": HOSTILE, "title": HOSTILE + "2", "state": HOSTILE, "stage": HOSTILE, "spec": {},
            "progress": 0.5, "tags": [HOSTILE], "base": {"ref": HOSTILE}, HOSTILE: HOSTILE, "deep": {HOSTILE: HOSTILE},
        }
    )  # fmt: skip
    html = found._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_card_shows_what_fits_on_lines() -> None:
    skills = [{"suite": "support/exam", "score": 0.8333}]
    version = VersionRead(
        {"ref": "a/b@1", "state": "approved", "kind": "adapter", "skills": skills, "notes": "x" * 999}
    )
    html = version._repr_html_()
    for part in ("a/b@1", "approved", "adapter", "support/exam 0.833", "x" * 300 + " ..."):
        assert part in html
    assert "x" * 301 not in html


def test_a_job_has_a_bar() -> None:
    html = JobRead({"id": "7", "state": "running", "progress": 0.25, "stage": "train", "spec": {}})._repr_html_()
    assert "<progress max='1' value='0.250'></progress> 25% train" in html


class Screen:
    """Stands for IPython's display in a kernel: keeps what a cell shows."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def HTML(self, text: str) -> str:  # noqa: N802  # IPython's name
        return text

    def display(self, card: str, *, display_id: bool) -> "Screen":
        assert display_id
        self.update(card)
        return self

    def update(self, card: str) -> None:
        self.shown.append(card)


def test_in_a_notebook_one_card_moves(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    screen, notebook = Screen(), ModuleType("IPython")
    shell: Any = SimpleNamespace(kernel=object())
    monkeypatch.setattr(notebook, "get_ipython", lambda: shell, raising=False)
    monkeypatch.setattr(notebook, "display", screen, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    job = JobRead({"id": "7", "kind": "merge.run", "state": "queued", "spec": {}})
    with display.live(job) as show:
        show({"kind": "state", "data": {"state": "running"}})
        show({"kind": "progress", "data": {"step": 1, "total": 4, "stage": "merge"}})
        show({"kind": "log", "data": {"line": "x"}})
        job.update({"state": "succeeded"})
    assert len(screen.shown) == 4
    assert "25% merge" in screen.shown[2]
    assert "succeeded" in screen.shown[3]
    assert capsys.readouterr().err == ""
