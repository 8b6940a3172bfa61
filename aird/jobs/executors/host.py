"""The host of attempts: one process that has imported the task modules and forks a child for each attempt.

Importing torch, transformers and peft takes eight seconds and more; a fork takes milliseconds and shares the memory.
The host therefore never starts a thread, never computes with torch and never opens the database: what is forked must
be able to begin afresh. multiprocessing's forkserver was considered: it neither ends grandchildren nor dies with its
worker. Three processes stand in a row, each dying with the one before it (containment.py):

    worker --socket--> host --fork--> keeper of the attempt --fork--> the attempt itself (child.py)

The keeper is the first process of the attempt's PID namespace (or its child subreaper). It waits for the attempt,
ends whatever the attempt left running, and repeats the attempt's exit status: 128 + n for signal n.
The worker sends {"start": name, "job", "attempt"} with three descriptors (report, stdout, stderr), {"stop": name} or
{"kill": name}; the host says {"ready": true} or {"fault": why} once, and {"exited": name, "status": status}.
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn
from uuid import UUID

from sqlalchemy.orm import configure_mappers

from aird.jobs import registry
from aird.jobs.executors import child, containment

LARGEST = 64 * 1024
NOT_STARTED = 70  # exit status of a process that could not begin its work
KILL = signal.SIGUSR1  # to a keeper without a namespace: kill what you keep


class Host:
    """Answers the worker's requests until the worker is gone."""

    def __init__(self, control: socket.socket, *, namespaces: bool) -> None:
        self._control = control
        self._names: dict[int, str] = {}
        self._namespaces = containment.Namespaces() if namespaces else None
        if self._namespaces is not None and not self._namespaces.offered:
            self._namespaces = None

    def serve(self) -> None:
        """Until the control socket ends."""
        containment.adopt_orphans()
        signals, waker = socket.socketpair()
        for end in (signals, waker):
            end.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._inherited = (signals, waker, self._control)
        self._say({"ready": True})
        while True:
            readable, _, _ = select.select([self._control, signals], [], [])
            if signals in readable:
                with contextlib.suppress(BlockingIOError):
                    signals.recv(LARGEST)
                self._reap()
            if self._control in readable and not self._answer():
                return

    def _answer(self) -> bool:
        raw, descriptors, _, _ = socket.recv_fds(self._control, LARGEST, 3)
        if not raw:
            return False
        request = json.loads(raw)
        if "start" in request:
            self._start(request, descriptors)
        else:
            self._signal(request)
        return True

    def _start(self, request: dict[str, str], descriptors: list[int]) -> None:
        host, job, attempt = containment.proc_pid(), UUID(request["job"]), int(request["attempt"])
        signal.pthread_sigmask(signal.SIG_BLOCK, child.KEPT_SIGNALS)
        try:
            pid = self._namespaces.fork() if self._namespaces else os.fork()
            if pid == 0:
                _exit_after(lambda: self._keep(host, job, attempt, descriptors))
            self._names[pid] = request["start"]
        except OSError as error:  # no memory or no process left
            print(f"cannot fork: {error}", file=sys.stderr)
            self._say({"exited": request["start"], "status": NOT_STARTED})
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, child.KEPT_SIGNALS)
            for descriptor in descriptors:
                os.close(descriptor)

    def _signal(self, request: dict[str, str]) -> None:
        name = request.get("stop") or request.get("kill")
        for pid, running in self._names.items():
            if running == name:
                hard = signal.SIGKILL if self._namespaces else KILL
                os.kill(pid, signal.SIGTERM if "stop" in request else hard)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                if pid not in self._names:
                    continue  # an orphan that came here because its keeper was killed
                name = self._names.pop(pid)
                self._kill_strays()
                code = os.waitstatus_to_exitcode(status)
                self._say({"exited": name, "status": 128 - code if code < 0 else code})

    def _kill_strays(self) -> None:
        """End what a killed keeper left behind; with a namespace the kernel has done it."""
        if self._namespaces is None:
            kept = {pid for keeper in self._names for pid in (keeper, *containment.descendants(keeper))}
            containment.kill_all([pid for pid in containment.descendants(os.getpid()) if pid not in kept])

    def _say(self, answer: dict[str, object]) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._control.send(json.dumps(answer).encode())

    def _keep(self, host: int, job: UUID, attempt: int, descriptors: list[int]) -> int:
        """The keeper's whole life; returns its exit status."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        containment.die_with_parent(signal.SIGKILL if self._namespaces else KILL)
        if containment.parent_pid() != host:  # it ended before the line above
            return NOT_STARTED
        containment.set_name("aird-keeper")
        containment.adopt_orphans()
        for end in self._inherited:
            end.close()
        keeper, pid = os.getpid(), os.fork()
        if pid == 0:
            containment.die_with_parent()
            if os.getppid() != keeper:
                os._exit(NOT_STARTED)
            _exit_after(lambda: child.main(job, attempt, descriptors, own_namespace=self._namespaces is not None))
        return _wait(pid, sweep=self._namespaces is None)


def _exit_after(work: Callable[[], int]) -> NoReturn:
    """End this forked process with the status that `work` gives, whatever happens."""
    status = NOT_STARTED
    try:
        status = work()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _wait(attempt: int, *, sweep: bool) -> int:
    def stop(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(attempt, signal.SIGTERM)

    def kill(*_: object) -> None:
        containment.kill_all(containment.descendants(os.getpid()))

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(KILL, kill)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, child.KEPT_SIGNALS)
    pid, status = 0, 0
    while pid != attempt:
        pid, status = os.waitpid(-1, 0)
    while sweep and (left := containment.descendants(os.getpid())):
        containment.kill_all(left)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def main(descriptor: int, modules: list[str], *, namespaces: bool) -> None:
    """Import the task modules, then serve on the socket `descriptor`."""
    containment.die_with_parent()
    containment.set_name("aird-host")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with socket.socket(fileno=descriptor) as control:
        control.set_inheritable(False)
        try:
            registry.load(modules)
        except Exception as error:
            control.send(json.dumps({"fault": f"{type(error).__name__}: {error}"}).encode())
            return
        configure_mappers()
        gc.collect()
        gc.freeze()
        Host(control, namespaces=namespaces).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[3:], namespaces=sys.argv[2] == "namespaces")
