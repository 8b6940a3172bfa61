"""Model folders on this machine: which folders hold a model, what they are called, which stands on which. Reads only.

Nothing is downloaded: a hub id such as `org/name` is looked up in the cache that the Hugging Face clients keep
(HF_HUB_CACHE, HF_HOME/hub, ~/.cache/huggingface/hub).
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aird.client.errors import BadReference, LocalFile
from aird.client.landing import sha256_of
from aird.client.uploads import Upload

MARKS = ("config.json", "adapter_config.json")
"""A folder with one of these is a model's."""
LARGEST_CONFIG = 1024 * 1024
HUB_ID = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")


@dataclass(frozen=True)
class ModelFolder:
    """A folder that holds one model; `source` is how it was called, `stands_on` what an adapter names as its base."""

    path: Path
    source: str
    adapter: bool
    stands_on: str | None = None


def is_model(folder: Path) -> bool:
    """Whether a model's files are directly in the folder."""
    return any((folder / mark).is_file() for mark in MARKS)


def model_folder(folder: Path, source: str | None = None) -> ModelFolder:
    """What stands in a model's folder."""
    adapter = (folder / "adapter_config.json").is_file()
    hint = _json(folder / "adapter_config.json").get("base_model_name_or_path") if adapter else None
    return ModelFolder(folder, source or folder.name, adapter, hint if isinstance(hint, str) and hint else None)


def discover(root: Path) -> list[ModelFolder]:
    """The model folders below `root`, bases before the adapters that stand on them; hidden folders are passed over."""
    found = []
    for folder, inside, _files in os.walk(root):
        here = Path(folder)
        if here.name.startswith("models--") and (snapshot := _snapshot(here, None)):
            found.append(model_folder(snapshot, here.name.removeprefix("models--").replace("--", "/")))
            inside.clear()
        elif is_model(here):
            found.append(model_folder(here, here.relative_to(root).as_posix()))
            inside.clear()  # what is below belongs to this model
        inside[:] = sorted(each for each in inside if not each.startswith((".", "__pycache__")))
    if not found:
        raise LocalFile(f"No model in {root}: no folder below it has a config.json or an adapter_config.json.")
    return in_order(found)


def in_order(folders: Sequence[ModelFolder]) -> list[ModelFolder]:
    """Whole models first, then each adapter after what it stands on; otherwise the order stays."""
    waiting = sorted(folders, key=lambda each: each.adapter)
    done: list[ModelFolder] = []
    while waiting:
        free = [each for each in waiting if not (base := base_among(each, folders)) or base in done or base is each]
        for each in free or waiting:  # a circle is no reason to leave anything out; the server says what is wrong
            done.append(each)
            waiting.remove(each)
    return done


def base_among(folder: ModelFolder, others: Sequence[ModelFolder]) -> ModelFolder | None:
    """The folder that this adapter was trained on: by its path, its hub id, or its name."""
    hint = folder.stands_on
    if not hint:
        return None
    rest = [each for each in others if each is not folder and not each.adapter]
    for same in (
        lambda each: each.path.resolve() in (Path(hint).resolve(), (folder.path / hint).resolve()),
        lambda each: each.source == hint,
        lambda each: Path(each.source).name == Path(hint).name,
    ):
        matching = [each for each in rest if same(each)]
        if len(matching) == 1:
            return matching[0]
    return None


def in_hub_cache(hub_id: str, env: Mapping[str, str] = os.environ) -> ModelFolder:
    """The snapshot of `org/name` or `org/name@revision` in the cache. Raises LocalFile when it is not there."""
    parsed = HUB_ID.fullmatch(hub_id)
    if parsed is None:
        raise LocalFile(f"{hub_id} is neither a folder nor a hub id such as org/name.")
    repo, revision = parsed["repo"], parsed["revision"]
    cache = hub_cache(env)
    snapshot = _snapshot(cache / f"models--{repo.replace('/', '--')}", revision)
    if snapshot is None:
        at = f" --revision {revision}" if revision else ""
        raise LocalFile(
            f"{hub_id} is no folder here and not in the Hugging Face cache {cache}. aird does not download models"
            f" from the internet. On a machine with access run 'hf download {repo}{at}', bring the cache or the"
            f" folder here, set HF_HOME to it, and run this again; or name the folder."
        )
    return model_folder(snapshot, repo)


def hub_cache(env: Mapping[str, str]) -> Path:
    """Where the Hugging Face clients keep what they downloaded."""
    if own := env.get("HF_HUB_CACHE"):
        return Path(own).expanduser()
    home = env.get("HF_HOME") or Path(env.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    return Path(home).expanduser() / "hub"


def _snapshot(repo: Path, revision: str | None) -> Path | None:
    snapshots = repo / "snapshots"
    ref = repo / "refs" / (revision or "main")
    wanted = ref.read_text(encoding="utf-8").strip() if ref.is_file() else revision
    if wanted and (snapshots / wanted).is_dir():
        return snapshots / wanted
    if revision is None and snapshots.is_dir():
        only = [each for each in snapshots.iterdir() if each.is_dir()]
        return only[0] if len(only) == 1 else None
    return None


def name_for(folder: ModelFolder, department: str | None) -> str:
    """department/name for a folder: of its own two last parts, or its last part in the department that was given."""
    parts = [slug(part) for part in folder.source.replace("\\", "/").split("/") if part not in ("", ".")]
    if department:
        return f"{department}/{parts[-1]}"
    if len(parts) < 2:
        raise BadReference(
            f"{folder.source!r} says no department. Name the model (aird models add department/name {folder.path}),"
            " or give --department."
        )
    return f"{parts[-2]}/{parts[-1]}"


def slug(text: str) -> str:
    """Text as a part of a name: small letters, digits, dots and hyphens."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("._-")
    return plain[:63].rstrip("._-") or "model"


def same_files(uploads: Sequence[Upload], files: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these local files are a version's; the index of shards is not compared, the server writes its own."""
    there = {each["path"]: each for each in files if not each["path"].endswith(".index.json")}
    here = {each.path: each for each in uploads if not each.path.endswith(".index.json")}
    if there.keys() != here.keys() or any(here[path].size != each["size"] for path, each in there.items()):
        return False
    return all(sha256_of(here[path].file) == each["digest"] for path, each in there.items())


def _json(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > LARGEST_CONFIG:
            return {}
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
