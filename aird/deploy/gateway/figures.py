"""What Prometheus scrapes of this gateway process: our own names, and those of OpenTelemetry's GenAI conventions.

Labels come from our own tables (endpoints, digests, departments), never from what a client sent, so their number is
bounded. The conventions (github.com/open-telemetry/semantic-conventions-genai) are in development: their names are
as of 1.41, written the way OpenTelemetry's Prometheus exporter writes them.
"""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram

from aird.metering.models import Status
from aird.metering.service import Answer

TOKENS = tuple(4**power for power in range(14))
SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
FIRST = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
EACH = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
GEN_AI = ("gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "gen_ai_response_model")
OPERATIONS = {"chatcmpl": "chat", "cmpl": "text_completion", "embd": "embeddings", "resp": "chat"}


@dataclass
class Series:
    """The series of one unit on one endpoint, so that an answer looks up none of them by its labels."""

    input: Histogram
    output: Histogram
    first: Histogram
    each: Histogram
    by_status: dict[Status, tuple[Counter, Histogram]] = field(default_factory=dict)


class Figures:
    """The figures of one gateway."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._series: dict[tuple[str, str, str, str], Series] = {}
        self._requests = Counter(
            "aird_gateway_requests", "Answers by how they ended.",
            ("alias", "unit", "department", "status"), registry=self.registry,
        )  # fmt: skip
        self._tokens = Counter(
            "aird_gateway_tokens", "Tokens by direction.", ("direction", "cached"), registry=self.registry
        )
        self._input = self._tokens.labels("input", "false")
        self._cached = self._tokens.labels("input", "true")
        self._output = self._tokens.labels("output", "false")
        self._refused = Counter(
            "aird_gateway_refused", "Requests that were let through to no runtime.", ("why",), registry=self.registry
        )
        self._dropped = Counter(
            "aird_gateway_dropped", "Copies for a shadow and exchanges to keep for which there was no room.",
            ("what",), registry=self.registry,
        )  # fmt: skip
        for what in ("copy", "exchange"):
            self._dropped.labels(what)
        self._usage = Histogram(
            "gen_ai_client_token_usage", "Tokens used by one operation.",
            (*GEN_AI, "gen_ai_token_type"), buckets=TOKENS, registry=self.registry,
        )  # fmt: skip
        self._duration = Histogram(
            "gen_ai_server_request_duration_seconds", "Time of one operation.",
            (*GEN_AI, "error_type"), buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self._first = Histogram(
            "gen_ai_server_time_to_first_token_seconds", "Time to the first token.",
            GEN_AI, buckets=FIRST, registry=self.registry,
        )  # fmt: skip
        self._each = Histogram(
            "gen_ai_server_time_per_output_token_seconds", "Time of each token after the first.",
            GEN_AI, buckets=EACH, registry=self.registry,
        )  # fmt: skip

    def refused(self, why: str) -> None:
        """A request met a budget without room, or a ledger that cannot be written."""
        self._refused.labels(why).inc()

    def dropped(self, what: str) -> None:
        """A `copy` for a shadow or an `exchange` to keep found no room."""
        self._dropped.labels(what).inc()

    def answered(self, answer: Answer, department: str) -> None:
        """An answer was settled."""
        operation = OPERATIONS.get(answer.request_id.partition("-")[0].partition("_")[0], "chat")
        key = operation, answer.endpoint, answer.unit, department
        series = self._series.get(key) or self._begin(key)
        requests, duration = series.by_status.get(answer.status) or self._ending(key, series, answer.status)
        requests.inc()
        cached = answer.cached_tokens or 0
        self._input.inc(answer.prompt_tokens - cached)
        if cached:
            self._cached.inc(cached)
        self._output.inc(answer.completion_tokens)
        series.input.observe(answer.prompt_tokens)
        series.output.observe(answer.completion_tokens)
        duration.observe(answer.milliseconds / 1000)
        if answer.ttft_milliseconds is None:
            return
        series.first.observe(answer.ttft_milliseconds / 1000)
        if answer.completion_tokens > 1:
            after = answer.milliseconds - answer.ttft_milliseconds
            series.each.observe(after / 1000 / (answer.completion_tokens - 1))

    def _begin(self, key: tuple[str, str, str, str]) -> Series:
        names = _names(key)
        series = self._series[key] = Series(
            self._usage.labels(*names, "input"),
            self._usage.labels(*names, "output"),
            self._first.labels(*names),
            self._each.labels(*names),
        )
        return series

    def _ending(self, key: tuple[str, str, str, str], series: Series, status: Status) -> tuple[Counter, Histogram]:
        _, endpoint, unit, department = key
        failure = "" if status is Status.OK else status.value
        found = series.by_status[status] = (
            self._requests.labels(endpoint, _short(unit), department, status.value),
            self._duration.labels(*_names(key), failure),
        )
        return found


def _names(key: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
    operation, endpoint, unit, _ = key
    return operation, "aird", endpoint, f"{endpoint}@{_short(unit)}"


def _short(unit: str) -> str:
    return unit.removeprefix("sha256:")[:12]
