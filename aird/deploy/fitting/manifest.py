"""What a version asks of whatever is to run it: the M of M + N."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Version
from aird.store.artifacts import Store

LARGEST_CONFIG = 2**20


@dataclass(frozen=True)
class Manifest:
    """A version as a runtime sees it. `config` is its base's config.json, `adapter` its adapter_config.json or None;
    `weight_bytes` are those of the whole model as it is kept, `parameters` those of the whole model."""

    ref: str
    digest: str
    base: str
    architecture: str
    parameters: int
    weight_bytes: int
    config: Mapping[str, Any]
    adapter: Mapping[str, Any] | None = None
    rank: int = 0
    quantization: str = ""

    @property
    def context(self) -> int:
        """Tokens of the longest question with its answer; 0 where the config does not say."""
        return int(self.config.get("max_position_embeddings") or 0)


def of_version(session: Session, store: Store, version: Version) -> Manifest:
    """The manifest of a version, from its files and its base's."""
    base = catalog_queries.base_of(session, version)
    adapter = _read(store, version.artifact, "adapter_config.json") if version.kind is Kind.ADAPTER else None
    files = store.manifest(base.artifact).entries
    config = _read(store, base.artifact, "config.json") or {}
    return Manifest(
        ref=version.ref,
        digest=version.artifact,
        base=base.artifact,
        architecture=str(base.facts.get("architecture") or (config.get("architectures") or ["unknown"])[0]),
        parameters=base.parameters,
        weight_bytes=sum(each.size for each in files if each.path.endswith((".safetensors", ".gguf"))),
        config=config,
        adapter=adapter,
        rank=int(version.facts.get("rank") or 0) if adapter is not None else 0,
        quantization=str(base.facts.get("quantization") or ""),
    )


def _read(store: Store, artifact: str, name: str) -> dict[str, Any] | None:
    entry = next((each for each in store.manifest(artifact).entries if each.path == name), None)
    if entry is None or entry.size > LARGEST_CONFIG:
        return None
    found: dict[str, Any] = json.loads(store.read(entry.digest))
    return found
