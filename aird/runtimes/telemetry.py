"""What a serving process counts, in Prometheus' text, under vLLM's names where it counts the same thing.

One scrape configuration so reads every engine. The label `model_name` is the whole model's digest, as vLLM labels the
served base; adapters appear in `vllm:lora_requests_info` alone.
"""

import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

TTFT = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160)
PER_TOKEN = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5)
UNIT, LORAS = ("model_name",), ("max_lora", "running_lora_adapters", "waiting_lora_adapters")


class Telemetry:
    """The counters of one process."""

    def __init__(self) -> None:
        held = self._registry = CollectorRegistry()
        self._running = Gauge("vllm:num_requests_running", "Answers that are computed", UNIT, registry=held)
        self._waiting = Gauge("vllm:num_requests_waiting", "Answers in line", UNIT, registry=held)
        self._memory = Gauge("aird_runtime_memory_bytes", "Held bytes", (*UNIT, "kind"), registry=held)
        self._prompt = Counter("vllm:prompt_tokens", "Tokens of prompts", UNIT, registry=held)
        self._generation = Counter("vllm:generation_tokens", "Tokens of answers", UNIT, registry=held)
        self._ttft = Histogram(
            "vllm:time_to_first_token_seconds", "Until the first token", UNIT, registry=held, buckets=TTFT
        )
        self._between = Histogram(
            "vllm:inter_token_latency_seconds", "Between tokens", UNIT, registry=held, buckets=PER_TOKEN
        )
        self._ended = Counter("vllm:request_success", "Ended answers", (*UNIT, "finished_reason"), registry=held)
        self._loras = Gauge("vllm:lora_requests_info", "When these adapters were last seen", LORAS, registry=held)
        self.name = ""

    def begin(self, prompt_tokens: int) -> "Clock":
        """Note a question; the clock is told of its tokens."""
        self.read(prompt_tokens)
        return Clock(self)

    def read(self, prompt_tokens: int) -> None:
        """Note that so many tokens of prompts were read."""
        self._prompt.labels(self.name).inc(prompt_tokens)

    def wrote(self, seconds: float, *, first: bool, reason: str | None) -> None:
        """Note one token, and how long it was waited for."""
        self._generation.labels(self.name).inc()
        (self._ttft if first else self._between).labels(self.name).observe(seconds)
        if reason is not None:
            self._ended.labels(self.name, reason).inc()

    def text(
        self, runs: Mapping[str, int], waits: Mapping[str, int], *, adapters: int, memory: Mapping[str, int]
    ) -> bytes:
        """Everything for one scrape; `runs` and `waits` count answers by unit."""
        self._running.labels(self.name).set(sum(runs.values()))
        self._waiting.labels(self.name).set(sum(waits.values()))
        for kind, size in memory.items():
            self._memory.labels(self.name, kind).set(size)
        running, waiting = (",".join(sorted(each.keys() - {self.name})) for each in (runs, waits))
        self._loras.clear()
        self._loras.labels(str(adapters), running, waiting).set(time.time())
        return generate_latest(self._registry)


class Clock:
    """Measures one question's tokens."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry, self._last, self._first = telemetry, time.monotonic(), True

    def token(self, reason: str | None) -> None:
        """One token came, the last of its choice when there is a reason."""
        now = time.monotonic()
        self._telemetry.wrote(now - self._last, first=self._first, reason=reason)
        self._last, self._first = now, False
