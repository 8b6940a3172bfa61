"""LLaMA-Factory's `dataset_info.json`: which uploaded file is laid out how. Pure.

Only what lies in the same upload is ever read: an entry that names a folder, a path out of it or an address is never
followed. Entries of other files are skipped, so that the whole table can be sent along with one of its files.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from aird.core.errors import Refused
from aird.datasets.foreign import Tags
from aird.datasets.layouts import Layout

NAME = "dataset_info.json"
MOST_BYTES = 4 * 1024 * 1024
_elsewhere = ("hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name")
_alpaca = {"prompt": "instruction", "query": "input", "response": "output", "history": "history", "system": "system"}
_ranking = {"chosen": "chosen", "rejected": "rejected"}
_default_columns = {"prompt": "instruction", "query": "input", "response": "output"}
_pictures = frozenset({"images", "videos", "audios"})
_columns = frozenset({*_alpaca, *_ranking, *_pictures, "tools", "messages", "kto_tag"})
_tags = frozenset(
    {*("role_tag", "content_tag", "user_tag", "assistant_tag"), *("observation_tag", "function_tag", "system_tag")}
)
_keys = frozenset(
    {*("file_name", "formatting", "ranking", "columns", "tags"), *("split", "subset", "folder", "num_samples")}
) | frozenset(_elsewhere)


class DatasetInfoRefused(Refused):
    """This description of files cannot be used"""


@dataclass(frozen=True)
class Info:
    """The layout of each uploaded file that the table describes, and why other entries are not read."""

    layouts: dict[str, Layout] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def parse(raw: bytes, files: Collection[str]) -> Info:
    """Read the table for these uploaded files. Raises DatasetInfoRefused."""
    if len(raw) > MOST_BYTES:
        _refuse(f"it has more than {MOST_BYTES} bytes. Keep the entries of the files you upload.")
    try:
        table = json.loads(raw.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        _refuse("it is not JSON in UTF-8.")
    if not isinstance(table, dict) or not all(isinstance(entry, dict) for entry in table.values()):
        _refuse("it is not a table of names and entries.")
    layouts: dict[str, Layout] = {}
    skipped: dict[str, str] = {}
    for name, entry in table.items():
        shown = ascii(name)[:80]
        why = _not_here(shown, entry, files)
        if why:
            skipped[name[:80]] = why
        elif entry["file_name"] in layouts:
            _refuse(f"two entries name the file {ascii(entry['file_name'])[:80]}. Keep one of them.")
        else:
            layouts[entry["file_name"]] = _layout(shown, entry)
    missing = sorted(set(files) - layouts.keys())
    if missing:
        _refuse(f"it has no entry whose file_name is {ascii(missing[0])[:120]}. Add one, or leave the table out.")
    return Info(layouts, skipped)


def _not_here(name: str, entry: Mapping[str, Any], files: Collection[str]) -> str | None:
    """Why this entry is not read; None when its file is in the upload."""
    file = entry.get("file_name")
    if file is None:
        place = next((key for key in _elsewhere if entry.get(key)), None)
        return f"it lies elsewhere ({place}); aird fetches nothing" if place else "it names no file"
    if not isinstance(file, str):
        _refuse(f"the file_name of {name} is not text.")
    if re.match(r"[a-z][a-z0-9+.-]*://", file, re.IGNORECASE) or file.startswith(("/", "\\", "~")):
        _refuse(f"{name} names {ascii(file)[:120]}; only files of the same upload are read. Name the file alone.")
    if ".." in re.split(r"[/\\]", file) or re.match(r"[A-Za-z]:", file) or "\x00" in file:
        _refuse(f"{name} names {ascii(file)[:120]}, which leads out of the upload. Name the file alone.")
    return None if file in files else "its file is not in this upload"


def _layout(name: str, entry: Mapping[str, Any]) -> Layout:
    unknown = sorted(entry.keys() - _keys)
    if unknown:
        _refuse(f"{name} has {ascii(unknown[0])[:80]}, which is not known.")
    columns, tags = entry.get("columns") or {}, entry.get("tags") or {}
    for what, given, known in (("columns", columns, _columns), ("tags", tags, _tags)):
        if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
            _refuse(f"the {what} of {name} must map names to names.")
        if stray := sorted(given.keys() - known):
            _refuse(f"the {what} of {name} name {ascii(stray[0])[:80]}; known are {', '.join(sorted(known))}.")
    if seen := sorted(_pictures & columns.keys()):
        _refuse(f"{name} has {seen[0]}; aird trains on text alone.")
    match entry.get("formatting", "alpaca"):
        case "alpaca":
            return _alpaca_layout(columns, ranking=bool(entry.get("ranking")))
        case "sharegpt" | "openai" as formatting:
            return _sharegpt_layout(columns, tags, openai=formatting == "openai", ranking=bool(entry.get("ranking")))
    _refuse(f"the formatting of {name} is {ascii(entry['formatting'])[:60]}; known are alpaca, sharegpt and openai.")


def _alpaca_layout(columns: Mapping[str, str], *, ranking: bool) -> Layout:
    given = columns or _default_columns
    prompt = given.get("prompt", "instruction")
    if ranking:
        chosen = {"output": given.get("chosen", "chosen")}
        found = {_alpaca[key]: column for key, column in given.items() if key in _alpaca and key != "response"}
        return Layout({**found, "instruction": prompt, **chosen})
    if columns and "response" not in columns:
        return Layout({"text": prompt})  # what LLaMA-Factory pre-trains on
    found = {_alpaca[key]: column for key, column in given.items() if key in _alpaca}
    return Layout(found | ({"label": given["kto_tag"]} if "kto_tag" in given else {}))


def _sharegpt_layout(columns: Mapping[str, str], tags: Mapping[str, str], *, openai: bool, ranking: bool) -> Layout:
    default = ("role", "content", "user", "assistant") if openai else ("from", "value", "human", "gpt")
    names = {"conversations": columns.get("messages", "messages" if openai else "conversations")}
    names |= {key: columns[key] for key in ("system", *(_ranking if ranking else ())) if key in columns}
    if "kto_tag" in columns:
        names["label"] = columns["kto_tag"]
    speakers = {
        tags.get("user_tag", default[2]): "user",
        tags.get("assistant_tag", default[3]): "assistant",
        tags.get("system_tag", "system"): "system",
    }
    return Layout(names, tags=Tags(tags.get("role_tag", default[0]), tags.get("content_tag", default[1]), speakers))


def _refuse(message: str) -> NoReturn:
    raise DatasetInfoRefused(f"{NAME}: {message}")
