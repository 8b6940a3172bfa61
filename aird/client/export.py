"""A version as a folder that stands on its own: its files, its card, and what is needed to check and to sign them.

    README.md       the model card
    manifest.json   every file with its sha256 and size, in canonical JSON: the sha256 of this file IS the version's
                    digest, the one that approvals name; sign this file and every byte of the version is signed
    version.json    which version it is, from what it was made, under which licence
    SHA256SUMS      the sums of all of these: `sha256sum -c SHA256SUMS`

Exporting a version again gives the same bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aird.client.errors import DigestMismatch, LocalFile
from aird.client.landing import digest_of, inside, sha256_of

MANIFEST, ABOUT, SUMS, CARD = "manifest.json", "version.json", "SHA256SUMS", "README.md"
LASTING = ("ref", "digest", "kind", "base", "license", "parameters", "bytes", "created_at", "created_by")
"""What does not change once a version is there."""


@dataclass(frozen=True)
class Exported:
    """Where the folder is, and the digest to sign."""

    path: Path
    digest: str


def manifest_of(files: list[dict[str, Any]]) -> bytes:
    """The manifest's canonical JSON; its sha256 is the version's digest."""
    listed = [{key: each[key] for key in ("digest", "path", "size")} for each in files]
    listed.sort(key=lambda each: str(each["path"]))
    return json.dumps({"files": listed, "format": 1}, sort_keys=True, separators=(",", ":")).encode()


def card_of(card: Mapping[str, Any]) -> str:
    """A card as the text of a README: its YAML between lines of dashes, then its Markdown."""
    head = yaml.safe_dump(dict(card["metadata"]), sort_keys=True, allow_unicode=True) if card["metadata"] else ""
    return f"---\n{head}---\n\n{card['markdown'].lstrip()}" if head else str(card["markdown"])


def beside(version: Mapping[str, Any], card: str | None) -> dict[str, bytes]:
    """What an export adds to a version's files; `card` is the text of a card that is not among them."""
    files = version["files"]
    manifest = manifest_of(files)
    if digest_of(manifest) != version["digest"]:
        raise DigestMismatch(f"The files of {version['ref']} do not make up its digest. Ask again; then see the store.")
    taken = {each["path"] for each in files} & {MANIFEST, ABOUT, SUMS}
    if taken:
        raise LocalFile(f"{version['ref']} has a file {min(taken)} of its own, which an export would overwrite.")
    about = {key: version[key] for key in LASTING if key in version}
    about["parents"] = [{key: each.get(key) for key in ("ref", "relation", "weight")} for each in version["parents"]]
    added = {
        MANIFEST: manifest,
        ABOUT: json.dumps(about, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n",
    }
    if card is not None:
        added[CARD] = card.encode()
    sums = {each["path"]: each["digest"] for each in files} | {path: digest_of(data) for path, data in added.items()}
    lines = [f"{digest.removeprefix('sha256:')}  {path}\n" for path, digest in sorted(sums.items())]
    return {**added, SUMS: "".join(lines).encode()}


def verify(folder: Path) -> str:
    """Check an exported folder without a server; gives its digest. Raises LocalFile or DigestMismatch."""
    try:
        sums = (folder / SUMS).read_text(encoding="utf-8")
        raw = (folder / MANIFEST).read_bytes()
        files = json.loads(raw)["files"]
        digest = str(json.loads((folder / ABOUT).read_bytes())["digest"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LocalFile(f"{folder} is no exported version: {error}.") from None
    if digest_of(raw) != digest:
        raise DigestMismatch(f"{MANIFEST} in {folder} is not the manifest of {digest}.")
    wrong = [each["path"] for each in files if not _is(folder, each["path"], each["digest"])]
    for line in sums.splitlines():
        sum_, _, path = line.partition("  ")
        if path not in wrong and not _is(folder, path, f"sha256:{sum_}"):
            wrong.append(path)
    if wrong:
        raise DigestMismatch(f"In {folder} these files are missing or changed: {', '.join(sorted(wrong))}.")
    return digest


def _is(folder: Path, path: str, digest: str) -> bool:
    file = inside(folder, path)
    return file.is_file() and sha256_of(file) == digest
