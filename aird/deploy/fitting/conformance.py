"""The conformance suite: what aird relies on, asked of a running engine over its own HTTP.

One run for each runtime on each kind of chip, and one for each architecture, is all that M + N needs. Every case is a
question to the engine; what is wrong is said in words. Questions are greedy and short, so a tiny model will do.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from aird.deploy.drivers.base import Instance, Runtime
from aird.deploy.drivers.client import UNIX
from aird.deploy.errors import RuntimeFailed

PROMPT = "One two three"
TOKENS, LONG = 12, 4096
CANCEL_SECONDS = 20.0


@dataclass(frozen=True)
class Case:
    """One finding."""

    name: str
    ok: bool
    said: str = ""


class Unmet(Exception):
    """The engine does not do what is relied on."""


def examine(
    driver: Runtime, instance: Instance, base: str, adapter: tuple[str, Path] | None, key: str = ""
) -> list[Case]:
    """Ask a ready engine that serves `base`; `adapter` is a unit with its folder, which is loaded and unloaded."""
    with _client(instance.address, key) as client:
        suite = Suite(driver, instance, client, base)
        found = [_case(name, ask) for name, ask in suite.cases()]
        if adapter is not None:
            found += [_case(name, ask) for name, ask in suite.adapter_cases(*adapter)]
    return found


def _case(name: str, ask: Callable[[], None]) -> Case:
    try:
        ask()
    except (Unmet, RuntimeFailed) as error:
        return Case(name, ok=False, said=str(error))
    except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as error:
        return Case(name, ok=False, said=f"{type(error).__name__}: {error}")
    return Case(name, ok=True)


@contextmanager
def _client(address: str, key: str) -> Iterator[httpx.Client]:
    unix = address.removeprefix(UNIX) if address.startswith(UNIX) else None
    with httpx.Client(
        transport=httpx.HTTPTransport(uds=unix) if unix else None,
        base_url="http://engine" if unix else address,
        headers={"authorization": f"Bearer {key}"} if key else None,
        timeout=120.0,
    ) as client:
        yield client


def _hold(condition: object, said: str) -> None:
    if not condition:
        raise Unmet(said)


@dataclass
class Suite:
    """The cases of one engine."""

    driver: Runtime
    instance: Instance
    client: httpx.Client
    base: str

    def cases(self) -> list[tuple[str, Callable[[], None]]]:
        """Those that a base answers."""
        return [
            ("listed", self.listed), ("unknown_refused", self.unknown_refused), ("usage", self.usage),
            ("greedy_repeats", self.greedy_repeats), ("stream", self.stream),
            ("continuous_usage", self.continuous_usage), ("seed", self.seed), ("stop", self.stop),
            ("logprobs", self.logprobs), ("several", self.several), ("cancel", self.cancel),
            ("metrics", self.metrics),
        ]  # fmt: skip

    def adapter_cases(self, unit: str, folder: Path) -> list[tuple[str, Callable[[], None]]]:
        """Those that an adapter answers, in this order."""
        return [
            ("adapter_loads", lambda: self.loads(unit, folder)),
            ("adapter_answers", lambda: self.answers(unit)),
            ("adapter_unloads", lambda: self.unloads(unit)),
        ]

    def _ask(self, model: str | None = None, **more: Any) -> dict[str, Any]:
        body = {"model": model or self.base, "prompt": PROMPT, "max_tokens": TOKENS, "temperature": 0.0, **more}
        answer = self.client.post("/v1/completions", json=body)
        _hold(answer.status_code == 200, f"{answer.status_code}: {answer.text[:300]}")
        found: dict[str, Any] = answer.json()
        return found

    def _text(self, **more: Any) -> str:
        return str(self._ask(**more)["choices"][0]["text"])

    def _events(self, **more: Any) -> list[dict[str, Any]]:
        body = {"model": self.base, "prompt": PROMPT, "max_tokens": TOKENS, "temperature": 0.0, "stream": True, **more}
        with self.client.stream("POST", "/v1/completions", json=body) as answer:
            lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: ")]
        _hold(lines and lines[-1] == "[DONE]", "The stream does not end with [DONE].")
        return [json.loads(line) for line in lines[:-1]]

    def listed(self) -> None:
        """The base is in /v1/models under its digest."""
        names = [card["id"] for card in self.client.get("/v1/models").json()["data"]]
        _hold(self.base in names, f"Listed are {', '.join(map(str, names))}.")

    def unknown_refused(self) -> None:
        """A model that is not loaded is refused with 404, never answered by another."""
        answer = self.client.post("/v1/completions", json={"model": "sha256:none", "prompt": PROMPT, "max_tokens": 1})
        _hold(answer.status_code == 404, f"It answers {answer.status_code}.")

    def usage(self) -> None:
        """Tokens are counted, and an answer ends where it was told to."""
        found = self._ask()
        used, choice = found["usage"], found["choices"][0]
        _hold(used["prompt_tokens"] > 0, "No tokens of the prompt are counted.")
        _hold(0 < used["completion_tokens"] <= TOKENS, f"{used['completion_tokens']} tokens for {TOKENS} asked.")
        _hold(choice["finish_reason"] in ("stop", "length"), f"It ended by {choice['finish_reason']!r}.")

    def greedy_repeats(self) -> None:
        """Temperature 0 gives the same answer again."""
        _hold(self._text() == self._text(), "Two greedy answers differ.")

    def stream(self) -> None:
        """A stream says what the whole answer says."""
        events = self._events()
        text = "".join(event["choices"][0]["text"] for event in events if event["choices"])
        _hold(text == self._text(), "The pieces are not the whole.")

    def continuous_usage(self) -> None:
        """Each piece tells what was used up to it: an answer that is cut off can be charged."""
        events = self._events(stream_options={"include_usage": True, "continuous_usage_stats": True})
        counts = [event["usage"]["completion_tokens"] for event in events if event.get("choices")]
        _hold(counts == sorted(counts) and counts[-1] > 0, f"Counted were {counts}.")

    def seed(self) -> None:
        """A seed makes a random answer repeatable."""
        first, again = (self._text(temperature=1.0, seed=7) for _ in range(2))
        _hold(first == again, "The same seed gives two answers.")

    def stop(self) -> None:
        """An answer ends before a stop text."""
        whole = self._text()
        word = next((whole[at : at + 2] for at in range(1, len(whole) - 2) if whole[at : at + 2].strip()), None)
        if word is None:
            return  # this model says nothing that could be stopped
        found = self._ask(stop=[word])["choices"][0]
        _hold(found["finish_reason"] == "stop", f"It ended by {found['finish_reason']!r}.")
        _hold(word not in found["text"], "The stop text is in the answer.")

    def logprobs(self) -> None:
        """Log-probabilities come for every token."""
        if not self.driver.caps("", self.instance.spec.chip).logprobs:
            return
        found = self._ask(logprobs=1)["choices"][0]["logprobs"]
        _hold(found and all(each is None or each <= 0 for each in found["token_logprobs"]), f"There are {found}.")

    def several(self) -> None:
        """n answers are n answers."""
        _hold(len(self._ask(n=2, temperature=1.0)["choices"]) == 2, "Two were asked for.")

    def cancel(self) -> None:
        """Who hangs up stops the work."""
        body = {"model": self.base, "prompt": PROMPT, "max_tokens": LONG, "stream": True, "temperature": 1.0}
        body["max_tokens"] = min(LONG, self._room())
        with self.client.stream("POST", "/v1/completions", json=body) as answer:
            next(answer.iter_lines(), None)
        until = time.monotonic() + CANCEL_SECONDS
        while self.driver.status(self.instance).running:
            _hold(time.monotonic() < until, "It goes on computing after its client has left.")
            time.sleep(0.1)

    def _room(self) -> int:
        config = self.instance.spec.folder / "config.json"
        context = json.loads(config.read_text("utf-8")).get("max_position_embeddings") if config.is_file() else None
        return max(1, int(context or 256) - 64)

    def metrics(self) -> None:
        """It counts what it generates."""
        _hold(self.driver.metrics(self.instance).generation_tokens > 0, "No generated tokens are counted.")

    def loads(self, unit: str, folder: Path) -> None:
        """An adapter is loaded while the engine runs, and the base answers as before."""
        before = self._text()
        self.driver.load(self.instance, unit, folder)
        _hold(self._text() == before, "The base answers differently once an adapter is loaded.")

    def answers(self, unit: str) -> None:
        """The adapter answers under its own name."""
        _hold(self._ask(model=unit)["model"] == unit, "Somebody else answered.")

    def unloads(self, unit: str) -> None:
        """It is gone once it was unloaded."""
        _hold(self.driver.unload(self.instance, unit), "It was not unloaded.")
        answer = self.client.post("/v1/completions", json={"model": unit, "prompt": PROMPT, "max_tokens": 1})
        _hold(answer.status_code == 404, f"It still answers {answer.status_code}.")
