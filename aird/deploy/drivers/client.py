"""HTTP with one engine, as OpenAI and vLLM speak it (https://docs.vllm.ai/en/latest/features/lora/), over a Unix socket
or TCP."""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from aird.deploy.errors import RuntimeFailed

ASK_SECONDS, LOAD_SECONDS = 5.0, 300.0
UNIX = "unix:"
SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class UnitRefused(RuntimeFailed):
    """The runtime refuses this unit"""


@dataclass(frozen=True)
class Sample:
    """One line of Prometheus' text format."""

    name: str
    labels: dict[str, str]
    value: float


class EngineClient:
    """Speaks with the engine at `unix:/path` or `http://host:port`."""

    def __init__(self, address: str, key: str = "") -> None:
        self._socket = Path(address.removeprefix(UNIX)) if address.startswith(UNIX) else None
        self._http = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(self._socket)) if self._socket else None,
            base_url="http://engine" if self._socket else address,
            headers={"authorization": f"Bearer {key}"} if key else None,
            timeout=ASK_SECONDS,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str) -> httpx.Response:
        """Raises httpx.TransportError when nobody answers."""
        self._require_listener()
        return self._http.get(path)

    def _require_listener(self) -> None:
        """httpx leaves a socket of its own open when nobody listens: the file may be there before its owner does."""
        if self._socket is None:
            return
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(ASK_SECONDS)
                probe.connect(str(self._socket))
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error

    def models(self) -> list[dict[str, Any]]:
        """The cards of /v1/models."""
        answer = self.get("/v1/models")
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    def load(self, unit: str, folder: Path) -> None:
        """Have it load an adapter. Raises UnitRefused, RuntimeFailed."""
        self._post("/v1/load_lora_adapter", {"lora_name": unit, "lora_path": str(folder)}, timeout=LOAD_SECONDS)

    def unload(self, unit: str) -> bool:
        """Have it forget an adapter; False when it refuses, because it still answers."""
        try:
            self._post("/v1/unload_lora_adapter", {"lora_name": unit})
        except UnitRefused as refused:
            return "cannot be found" in refused.message
        return True

    def say_one_token(self, unit: str) -> None:
        """So that whatever is slow about the first answer is over. Raises UnitRefused."""
        self._post("/v1/completions", {"model": unit, "prompt": ".", "max_tokens": 1}, timeout=LOAD_SECONDS)

    def samples(self) -> Iterator[Sample]:
        """What /metrics tells; nothing when it does not answer."""
        with suppress(httpx.HTTPError):
            answer = self.get("/metrics")
            for line in answer.text.splitlines() if answer.is_success else ():
                found = SAMPLE.match(line)
                if found:
                    yield Sample(found[1], dict(LABEL.findall(found[2] or "")), float(found[3]))

    def _post(self, path: str, body: dict[str, Any], *, timeout: float = ASK_SECONDS) -> None:
        try:
            self._require_listener()
            answer = self._http.post(path, json=body, timeout=timeout)
        except httpx.TransportError as error:
            raise RuntimeFailed(f"The engine does not answer: {error!r}.") from error
        if answer.status_code >= 400:
            raise UnitRefused(_message(answer))


def _message(answer: httpx.Response) -> str:
    with suppress(ValueError, AttributeError):
        said = answer.json()
        said = said.get("error", said)
        if isinstance(said, dict) and said.get("message"):
            return str(said["message"])
    return f"The engine answers {answer.status_code}; its log says why."
