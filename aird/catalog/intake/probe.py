"""Try out what a stranger's file makes a program do, in a process that may take little and dies of too much.

What is only read is read in this process. A chat template is a program and a tokenizer is a machine built from a
file, so each is tried in a child with limits on time and memory, without this process's environment and without any
of aird's modules. The same bytes are tried once.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from threading import BoundedSemaphore, Lock

from aird.catalog.intake.refusals import IntakeRefused, shown
from aird.core.errors import Unavailable

PATIENCE_SECONDS = 20.0
"""Wall time a child gets on a busy machine; its limits of processor time are its own, and much lower."""
KNOWN = 512

_children = BoundedSemaphore(2)
_lock = Lock()
_verdicts: OrderedDict[str, dict[str, str]] = OrderedDict()
_folder = Path(__file__).parent


class ProbeNotPossible(Unavailable):
    """The server cannot start the process in which files are tried"""


def try_templates(templates: list[str], file: str) -> None:
    """Raises IntakeRefused when a chat template is unsafe, does not render, or takes too much."""
    if not templates:
        return
    found = _verdict("probe_template.py", json.dumps(templates))
    if found:
        raise IntakeRefused(
            f"the chat template is refused: {shown(found['message'], 240)}. Use a template that only puts the messages"
            " in order.",
            reason=found["reason"],
            file=file,
        )


def try_tokenizer(raw: bytes, file: str) -> None:
    """Raises IntakeRefused when the tokenizers library cannot load the file or takes too much over a short text."""
    found = _verdict("probe_tokenizer.py", raw.decode("utf-8"))
    if found and found["reason"] != "absent":
        raise IntakeRefused(
            f"tried out, the tokenizer does not work: {shown(found['message'], 240)}. Export it again.",
            reason=found["reason"],
            file=file,
        )


def _verdict(program: str, content: str) -> dict[str, str]:
    key = f"{program}:{hashlib.sha256(content.encode('utf-8', 'surrogatepass')).hexdigest()}"
    with _lock:
        if key in _verdicts:
            return _verdicts[key]
    found = _run(program, content)
    with _lock:
        _verdicts[key] = found
        while len(_verdicts) > KNOWN:
            _verdicts.popitem(last=False)
    return found


def _run(program: str, content: str) -> dict[str, str]:
    kind = program.removeprefix("probe_").removesuffix(".py")
    too_much = {"reason": f"{kind}_too_much", "message": "it takes more time or memory than any such file needs"}
    command = [sys.executable, "-I", str(_folder / program)]
    with _children:
        try:
            done = subprocess.run(
                command,
                input=content.encode("utf-8", "replace"),
                capture_output=True,
                timeout=PATIENCE_SECONDS,
                env={"PATH": os.defpath, "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"},
                check=False,
            )
        except subprocess.TimeoutExpired:
            return too_much
        except OSError as error:
            raise ProbeNotPossible(f"No process can be started to try the file: {error}. Try again later.") from error
    if done.returncode != 0 or not done.stdout:
        return too_much
    verdict: dict[str, str] = json.loads(done.stdout)
    return verdict
