"""How far a job or an upload is, on stderr: a bar on a terminal, one line per ten percent elsewhere."""

import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import click

from aird.cli.failures import CONFLICT, FAILED, INTERRUPTED, Failure, exit_code_of
from aird.cli.output import duration, note, plain, print_fields, print_json, size

if TYPE_CHECKING:
    from aird.client import Client
    from aird.client.uploads import Upload


class Meter(Protocol):
    """Takes how far something is."""

    def say(self, text: str) -> None:
        """Show a line beside the progress."""

    def at(self, fraction: float, text: str) -> None:
        """Show the progress, 0 to 1."""


class LineMeter:
    """One line per ten percent, or when the text's first word (the stage) changes or the work starts over."""

    def __init__(self, title: str) -> None:
        self._title, self._last = title, (-1, "")
        self.sending = title.startswith("uploading")

    def say(self, text: str) -> None:
        """A line of its own."""
        note(f"{self._title}: {text}")

    def at(self, fraction: float, text: str) -> None:
        """A line when there is enough news."""
        tenth, stage = int(fraction * 10 + 1e-9), text.partition(" ")[0]
        if (tenth, stage) != self._last:
            self._last = (tenth, stage)
            note(f"{self._title}: {fraction:.0%} {text}".rstrip())


class BarMeter:
    """A bar on a terminal."""

    def __init__(self, progress: Any, task: Any) -> None:
        self._progress, self._task = progress, task

    def say(self, text: str) -> None:
        """Beside the bar."""
        self._progress.update(self._task, detail=plain(text))

    def at(self, fraction: float, text: str) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=fraction, detail=plain(text))


@contextmanager
def meter(title: str) -> Iterator[Meter]:
    """A meter for as long as the work is watched."""
    if not sys.stderr.isatty():
        yield LineMeter(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield BarMeter(progress, progress.add_task(plain(title), total=1.0, detail=""))


@contextmanager
def upload_meter(uploads: "Sequence[Upload]") -> "Iterator[UploadProgress]":
    """A meter that counts sent bytes."""
    with meter(f"uploading {len(uploads)} file{'' if len(uploads) == 1 else 's'}") as shown:
        yield UploadProgress(shown, sum(each.size for each in uploads))


@contextmanager
def files_meter(doing: str, sizes: Mapping[str, int]) -> "Iterator[FilesMeter]":
    """A meter over files: a bar for the whole and one for each file under way, or lines where no terminal is."""
    title = f"{doing} {len(sizes)} file{'' if len(sizes) == 1 else 's'}"
    if not sys.stderr.isatty():
        yield FilesMeter(LineMeter(title), sizes)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield FilesMeter(BytesMeter(progress, title, sum(sizes.values())), sizes)


class BytesMeter:
    """A bar for the whole and one for each file under way, on a terminal."""

    def __init__(self, progress: Any, title: str, total: int) -> None:
        self._progress, self._total = progress, total
        self._whole = progress.add_task(plain(title), total=total)
        self._files: dict[str, Any] = {}

    def say(self, text: str) -> None:
        """Above the bars."""
        self._progress.console.print(plain(text), markup=False)

    def at(self, fraction: float, text: str) -> None:
        """Move the bar of the whole."""
        self._progress.update(self._whole, completed=fraction * self._total)

    def file(self, path: str, done: int, size: int) -> None:
        """Move the bar of a file, which goes when the file is through."""
        if done >= size:
            if path in self._files:
                self._progress.remove_task(self._files.pop(path))
            return
        if path not in self._files:
            self._files[path] = self._progress.add_task("  " + plain(path), total=size)
        self._progress.update(self._files[path], completed=done)


class FilesMeter:
    """Adds up what is through, file by file; called from several threads."""

    def __init__(self, shown: Meter | BytesMeter, sizes: Mapping[str, int]) -> None:
        self._shown, self._sizes, self._total = shown, dict(sizes), sum(sizes.values())
        self._done: dict[str, int] = dict.fromkeys(sizes, 0)
        self._lock = threading.Lock()

    def __call__(self, path: str, count: int) -> None:
        """So many more bytes of a file are through; less than zero when it is begun anew."""
        with self._lock:
            self._done[path] = self._done.get(path, 0) + count
            if isinstance(self._shown, BytesMeter):
                self._shown.file(path, self._done[path], self._sizes.get(path, 0))
            done = sum(self._done.values())
            text = f"of {size(self._total)}"
            if done >= self._total and isinstance(self._shown, LineMeter):
                text = "sent; the server checks the files" if self._shown.sending else "all there"
            self._shown.at(min(1.0, done / max(1, self._total)), text)

    def passed_over(self, paths: Iterable[str]) -> None:
        """These files do not have to go."""
        for path in paths:
            self(path, self._sizes.get(path, 0) - self._done.get(path, 0))


class UploadProgress:
    """Adds up what was sent."""

    def __init__(self, shown: Meter, total: int) -> None:
        self._shown, self._total, self._sent = shown, total, 0

    def __call__(self, count: int) -> None:
        self._sent += count
        done = self._sent >= self._total
        text = "sent; the server checks the files" if done else f"of {size(self._total)}"
        self._shown.at(min(1.0, self._sent / max(1, self._total)), text)


def show_event(shown: Meter, event: dict[str, Any]) -> None:
    """One event of a job on a meter."""
    data = event["data"]
    if event["kind"] == "state":
        reason = data.get("reason") or ""
        shown.say(f"{data.get('state', '')}{': ' if reason else ''}{reason}")
    elif event["kind"] == "progress":
        total = data.get("total") or 0
        fraction = data.get("fraction")
        if fraction is None:
            fraction = data.get("step", 0) / total if total else 0.0
        numbers = (f"{name} {value:.4g}" for name, value in (data.get("metrics") or {}).items() if _number(value))
        steps = f"{data.get('step', 0)}/{total}" if total else ""
        shown.at(
            min(1.0, max(0.0, fraction)),
            " ".join(filter(None, [str(data.get("stage") or ""), steps, *numbers])),
        )


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def watch(aird: "Client", job: str, *, title: str, timeout: float | None = None) -> dict[str, Any]:
    """Wait for a job and show how far it is; Ctrl-C stops the watching, not the job."""
    try:
        with meter(title) as shown:
            return aird.jobs.wait(job, on_event=lambda event: show_event(shown, event), timeout=timeout)
    except KeyboardInterrupt:
        raise detached(job) from None


def detached(job: str) -> Failure:
    """What is said when the watching of a job is interrupted."""
    return Failure(
        "Detached; the job goes on.",
        then=f"aird jobs wait {job} (watch again), aird jobs cancel {job} (stop it)",
        exit_code=INTERRUPTED,
    )  # fmt: skip


def finish(job: dict[str, Any], *, as_json: bool) -> None:
    """Print how a job ended; a job that did not succeed is a failure of the command."""
    if as_json:
        print_json(job)
    if job["state"] != "succeeded":
        error = job.get("error") or {}
        code = exit_code_of(0, str(error.get("code", "")))
        raise Failure(
            f"The job {job['state']}." if job["state"] == "failed" else f"The job was {job['state']}.",
            plain(error.get("message") or job.get("reason") or ""), then=f"aird jobs logs {job['id']}",
            exit_code=code if code != CONFLICT else FAILED,
        )  # fmt: skip
    if not as_json:
        note(f"{job['kind']} succeeded in {duration(job.get('seconds'))}".removesuffix(" in "))
        print_fields(result_fields(job))


def result_fields(job: dict[str, Any]) -> dict[str, Any]:
    """What came out of a job, as far as it fits on lines."""
    return {name: value for name, value in (job.get("result") or {}).items() if not isinstance(value, dict)}


def follow(aird: "Client", job: dict[str, Any], *, wait: bool, as_json: bool) -> None:
    """After a job was queued: watch it to its end, or say how to."""
    if wait:
        note(f"{job['kind']} is queued as job {job['id']}")
        return finish(watch(aird, job["id"], title=job["kind"]), as_json=as_json)
    if as_json:
        return print_json(job)
    note(f"Queued. Watch it: aird jobs wait {job['id']}")
    click.echo(job["id"])
