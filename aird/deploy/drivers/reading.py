"""What engines count, under one set of names: those of vLLM, which our own worker uses where they fit."""

from collections.abc import Iterable

from aird.deploy.drivers.base import Metrics
from aird.deploy.drivers.client import Sample


def normalised(samples: Iterable[Sample]) -> Metrics:
    """From the lines of /metrics."""
    raw: dict[str, float] = {}
    running: set[str] = set()
    newest = -1.0
    for sample in samples:
        if sample.name == "vllm:lora_requests_info" and sample.value >= newest:
            newest = sample.value  # the time of writing is its value; older sets of labels stay in the text
            names = sample.labels.get("running_lora_adapters", ""), sample.labels.get("waiting_lora_adapters", "")
            running = {name for each in names for name in each.split(",") if name}
        raw[sample.name] = raw.get(sample.name, 0.0) + sample.value
    return Metrics(
        running=raw.get("vllm:num_requests_running", 0.0),
        waiting=raw.get("vllm:num_requests_waiting", 0.0),
        kv_used=raw.get("vllm:kv_cache_usage_perc"),
        prompt_tokens=raw.get("vllm:prompt_tokens_total", 0.0),
        generation_tokens=raw.get("vllm:generation_tokens_total", 0.0),
        units_running=frozenset(running),
        raw={name: value for name, value in raw.items() if not name.endswith(("_bucket", "_created"))},
    )
