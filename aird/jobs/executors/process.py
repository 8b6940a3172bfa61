"""Attempts as processes on this machine: starts the host, asks it for children, reads what they say."""

import contextlib
import json
import logging
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from aird.core.settings import Settings, settings_env
from aird.jobs.executors.devices import this_machine
from aird.jobs.house import Seat
from aird.jobs.leases import Key
from aird.jobs.machines import Offer
from aird.jobs.messages import Exited, Flush, Message, Started, decode, log_line

log = logging.getLogger(__name__)

CHUNK = 64 * 1024
GRACE = 3.0  # seconds between SIGTERM and SIGKILL
LAST_WORDS = 2.0  # seconds that children of a lost host may take to be gone
AT_ONCE = 5000  # messages of one poll
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before a host that did not get ready is started again


@dataclass
class _Source:
    """One descriptor of an attempt that the worker reads."""

    descriptor: int
    stream: str
    rest: bytes = b""


@dataclass
class _Attempt:
    channel: socket.socket
    sources: list[_Source]
    pid: int | None = None
    kill_at: float | None = None


@dataclass
class _Host:
    process: subprocess.Popen[bytes]
    control: socket.socket
    ready: bool = False
    began: float = field(default_factory=time.monotonic)


def task_environment(settings: Settings) -> dict[str, str]:
    """What tasks find in their environment: so many threads, no network."""
    threads = str(settings.job_threads)
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
    return dict.fromkeys(names, threads) | {
        "TOKENIZERS_PARALLELISM": "true" if settings.job_threads > 1 else "false",
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # asking whether there is a GPU must not open it before the fork
        "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
    }  # fmt: skip


def host_environment(settings: Settings) -> dict[str, str]:
    """The host's environment: these settings, what tasks find there, this import path."""
    path = os.pathsep.join(path for path in sys.path if path)
    return settings_env(settings) | task_environment(settings) | {"PYTHONPATH": path}


class ProcessExecutor:
    """Runs attempts as children of one host process, which is started again when it dies."""

    def __init__(self, settings: Settings, modules: Sequence[str], *, namespaces: bool = True) -> None:
        self._settings, self._modules, self._namespaces = settings, modules, namespaces
        self._selector = selectors.DefaultSelector()
        self._attempts: dict[Key, _Attempt] = {}
        self._host: _Host | None = None
        self._start_at, self._pause = 0.0, FIRST_PAUSE
        self._found: list[tuple[Key, Message]] = []
        self._urgent = False
        self._offer = this_machine(settings)

    @property
    def ready(self) -> bool:
        """Whether the host has imported everything."""
        return self._host is not None and self._host.ready

    @property
    def host_pid(self) -> int | None:
        """The host's PID."""
        return self._host.process.pid if self._host else None

    def running(self) -> Collection[Key]:
        """The attempts that have not exited."""
        return list(self._attempts)

    def pid(self, key: Key) -> int | None:
        """The attempt's PID, None before it said so."""
        return self._attempts[key].pid

    def offers(self) -> Sequence[Offer]:
        """This machine."""
        return [self._offer] if self._offer.slots or self._offer.chips else []

    def start(self, key: Key, seats: Sequence[Seat] = ()) -> None:
        """Fork a child for this attempt; it finds its places in the database."""
        channel, report = socket.socketpair()
        pipes = [os.pipe(), os.pipe()]
        theirs = [report.fileno(), *(write for _, write in pipes)]
        sources = [_Source(channel.fileno(), "report"), _Source(pipes[0][0], "stdout"), _Source(pipes[1][0], "stderr")]
        self._attempts[key] = _Attempt(channel, sources)
        for source in sources:
            os.set_blocking(source.descriptor, False)
            self._selector.register(source.descriptor, selectors.EVENT_READ, (key, source))
        request = {"start": _name(key), "job": str(key[0]), "attempt": key[1]}
        sent = self._ask(request, theirs)
        report.close()
        for _, write in pipes:
            os.close(write)
        if not sent:
            self._exited(key, Exited())

    def _ask(self, request: dict[str, object], descriptors: Sequence[int] = ()) -> bool:
        if self._host is None:
            return False
        try:
            socket.send_fds(self._host.control, [json.dumps(request).encode()], descriptors)
        except OSError:
            return False
        return True

    def stop(self, key: Key) -> None:
        """SIGTERM now, SIGKILL after the grace period."""
        attempt = self._attempts.get(key)
        if attempt is not None and attempt.kill_at is None:
            attempt.kill_at = time.monotonic() + GRACE
            self._ask({"stop": _name(key)})

    def kill(self, key: Key) -> None:
        """SIGKILL."""
        if key in self._attempts:
            self._attempts[key].kill_at = float("inf")
            self._ask({"kill": _name(key)})

    def flushed(self, key: Key) -> None:
        """Let the attempt go on."""
        if key in self._attempts:
            with contextlib.suppress(OSError):
                self._attempts[key].channel.send(b"\n")

    def poll(self, timeout: float) -> list[tuple[Key, Message]]:
        """Gather what is said, keep the host alive, kill what was asked to stop and did not."""
        until = time.monotonic() + timeout
        while True:
            self._keep_host()
            for key, attempt in self._attempts.items():
                if attempt.kill_at is not None and attempt.kill_at <= time.monotonic():
                    self.kill(key)
            left = until - time.monotonic()
            if self._found and (self._urgent or left <= 0 or len(self._found) > AT_ONCE):
                break
            if left <= 0:
                break
            for event, _ in self._selector.select(left):
                if event.data is None:
                    self._hear_host()
                else:
                    self._read(*event.data)
        found, self._found, self._urgent = self._found, [], False
        return found

    def _read(self, key: Key, source: _Source) -> bool:
        """Take in what there is; False when nothing more will come for now."""
        try:
            data = os.read(source.descriptor, CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        *lines, source.rest = (source.rest + data).split(b"\n")
        if (not data or len(source.rest) > CHUNK) and source.rest and source.stream != "report":
            lines, source.rest = [*lines, source.rest], b""
        for line in lines:
            self._take(key, source, line)
        if not data and source.descriptor in self._selector.get_map():
            self._selector.unregister(source.descriptor)
        return bool(data)

    def _take(self, key: Key, source: _Source, line: bytes) -> None:
        attempt = self._attempts[key]
        if source.stream != "report":
            self._found.append((key, log_line(line.decode(errors="replace"), source.stream)))
            return
        message = decode(line)
        if isinstance(message, Started):
            attempt.pid = message.pid
        if isinstance(message, Flush):
            for each in attempt.sources[1:]:
                while self._read(key, each):
                    pass
            self._urgent = True
        self._found.append((key, message))

    def _exited(self, key: Key, exited: Exited) -> None:
        """The attempt is gone: take in its last words, then tell."""
        attempt = self._attempts[key]
        for source in attempt.sources:
            while self._read(key, source):
                pass
            if source.descriptor in self._selector.get_map():
                self._selector.unregister(source.descriptor)
            if source.stream != "report":
                os.close(source.descriptor)
        attempt.channel.close()
        del self._attempts[key]
        self._found.append((key, exited))
        self._urgent = True

    def _keep_host(self) -> None:
        if self._host is not None or time.monotonic() < self._start_at:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mode = "namespaces" if self._namespaces else "plain"
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "aird.jobs.executors.host", str(theirs.fileno()), mode, *self._modules],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=host_environment(self._settings),
            )  # fmt: skip
        self._host = _Host(process, ours)
        self._selector.register(ours, selectors.EVENT_READ, None)

    def _hear_host(self) -> None:
        host = self._host
        if host is None:
            return
        try:
            raw = host.control.recv(CHUNK)
        except OSError:
            raw = b""
        answer = json.loads(raw) if raw else {}
        if "ready" in answer:
            host.ready, self._pause = True, FIRST_PAUSE
            log.info("the task host is ready after %.1f s", time.monotonic() - host.began)
        elif "fault" in answer:
            log.error("the task host cannot import its task modules: %s", answer["fault"])
        elif "exited" in answer:
            status = answer["status"]
            signal, code = (status - 128, None) if status > 128 else (None, status)
            self._exited(_key(answer["exited"]), Exited(code, signal))
        else:
            self._lose_host(host)

    def _lose_host(self, host: _Host) -> None:
        """The host is gone, and its children with it; start another one, later if it never got ready."""
        self._selector.unregister(host.control)
        host.control.close()
        code = host.process.wait()
        if not host.ready:
            self._start_at = time.monotonic() + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        log.warning("the task host ended with status %s", code)
        self._host = None
        self._await_silence()
        for key in self.running():
            self._exited(key, Exited())

    def _await_silence(self) -> None:
        """Until every child has closed its output, which the kernel does for it when it dies."""
        until = time.monotonic() + LAST_WORDS
        while time.monotonic() < until:
            open_ones = [
                (key, source) for key, attempt in self._attempts.items() for source in attempt.sources
                if source.descriptor in self._selector.get_map()
            ]  # fmt: skip
            if not open_ones:
                return
            for event, _ in self._selector.select(max(until - time.monotonic(), 0)):
                if event.data is not None:
                    self._read(*event.data)

    def close(self) -> None:
        """End the host and with it every attempt."""
        if self._host is not None:
            self._host.process.kill()
            self._lose_host(self._host)
        self._start_at = float("inf")
        self._found.clear()
        self._selector.close()


def _name(key: Key) -> str:
    return f"{key[0]}:{key[1]}"


def _key(name: str) -> Key:
    job, _, attempt = name.partition(":")
    return UUID(job), int(attempt)
