"""The inside of the cage: shut this process in, then let mergekit do what the request on standard input says.

Run as a program of its own by cage.py, without any of aird's modules. The working folder holds `in`, the models by
plain names, and takes the results. Standard output carries one JSON object per line: what the cage is like, how far
the merge is, and "done" at the end; whatever mergekit prints goes to standard error.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC_PRIVATE = 1, 32, 4096, 0x4000 | 0x40000
MS_KEPT = 2 | 4 | 8  # nosuid, nodev, noexec: a bind mount may not lose them

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Read the request, close the door, merge."""
    said = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    request: dict[str, Any] = json.load(sys.stdin)
    _die_with(request["parent"])
    _limit(request["limits"])
    _say(said, cage=_shut_in())
    _merge_all(request, said)


def _say(said: Any, **message: Any) -> None:
    said.write(json.dumps(message) + "\n")


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(70)


def _limit(limits: dict[str, int]) -> None:
    """Hard limits; by numbers of resource.RLIMIT_*."""
    kinds = {
        "memory": resource.RLIMIT_AS,
        "cpu": resource.RLIMIT_CPU,
        "file": resource.RLIMIT_FSIZE,
    }
    for name, kind in kinds.items():
        resource.setrlimit(kind, (limits[name], limits[name]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _shut_in() -> dict[str, bool]:
    """No network, and inputs that cannot be written, as far as the kernel lets us; what it let us is told."""
    if sys.platform != "linux":
        return {"offline": False, "read_only": False}
    alone = _libc.unshare(CLONE_NEWNET | CLONE_NEWNS) == 0
    alone = alone or _libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) == 0
    if not alone:
        return {"offline": _libc.unshare(CLONE_NEWNET) == 0, "read_only": False}
    inputs = os.fsencode(Path("in").resolve())
    kept = os.statvfs(inputs).f_flag & MS_KEPT
    read_only = (
        _libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None) == 0
        and _libc.mount(inputs, inputs, None, MS_BIND, None) == 0
        and _libc.mount(b"none", inputs, None, MS_BIND | MS_REMOUNT | MS_RDONLY | kept, None) == 0
    )
    return {"offline": True, "read_only": read_only}


def _merge_all(request: dict[str, Any], said: Any) -> None:
    # Imported behind the shut door, and only where they are needed: they take seconds.
    import torch
    from mergekit import merge
    from mergekit.config import MergeConfiguration
    from mergekit.options import MergeOptions

    torch.set_num_threads(request["threads"])

    class Executor(merge.Executor):  # type: ignore[misc]
        """mergekit's, which tells how far it is."""

        def run(self, *args: Any, **kwargs: Any) -> Any:
            total = len(self.targets)
            for done, each in enumerate(super().run(*args, **kwargs), 1):
                _say(said, step=done, total=total)
                yield each

    merge.Executor = Executor
    for each in request["merges"]:
        began = time.monotonic()
        order = {name: place for place, name in enumerate(each["order"])}

        class Configuration(MergeConfiguration):  # type: ignore[misc]
            """mergekit's, which lists its models in the recipe's order and not in that of a set's hashes."""

            def referenced_models(self, order: dict[str, int] = order) -> Any:
                return sorted(super().referenced_models(), key=lambda model: order[str(model)])

        options = MergeOptions(
            out_shard_size=request["shard_parameters"],
            clone_tensors=each["config"]["merge_method"] == "passthrough",
            random_seed=request["seed"],
            write_model_card=False,
            quiet=True,
            device="cpu",
        )
        merge.run_merge(Configuration.model_validate(each["config"]), each["out"], options)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        _say(said, done=each["out"], seconds=time.monotonic() - began, peak_bytes=peak)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
