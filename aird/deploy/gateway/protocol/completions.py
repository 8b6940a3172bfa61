"""POST /v1/completions (https://platform.openai.com/docs/api-reference/completions). Pure."""

from typing import Any

from aird.deploy.gateway.protocol import fields, wire
from aird.deploy.gateway.protocol.asked import Asked, PlainShape
from aird.deploy.gateway.protocol.errors import FieldRefused
from aird.deploy.gateway.protocol.fields import AllowList

FIELDS = AllowList(
    offered=frozenset(
        {"model", "prompt", "stream", "stream_options", "max_tokens", "temperature", "top_p", "seed", "stop", "n"}
        | {"logprobs"}
    ),
    neutral={**fields.SAMPLING_NEUTRAL, "echo": (False,), "best_of": (1,), "suffix": ("",)},
    needed=fields.SAMPLING_NEEDS,
)
MAX_LOGPROBS = 5


def parse(raw: bytes, *, default_max_tokens: int) -> Asked:
    """Read a request to go on with a text. Raises FieldRefused."""
    found = FIELDS.sort(wire.read(raw))
    taken = found.taken
    stream, n, prompts = fields.stream(taken), fields.choices(taken), _prompts(taken.get("prompt"))
    if n * len(prompts) > fields.MAX_CHOICES:
        most = f"`n` answers to each of {len(prompts)} prompts are more than {fields.MAX_CHOICES} at once."
        raise FieldRefused("n" if n > 1 else "prompt", most)
    max_tokens = fields.whole(taken, "max_tokens", 1, fields.INT64 - 1) or default_max_tokens
    prompt = prompts[0] if len(prompts) == 1 else prompts
    body: dict[str, Any] = {"prompt": prompt, "max_tokens": max_tokens, **fields.sampling(taken)}
    if n > 1:
        body["n"] = n
    logprobs = fields.whole(taken, "logprobs", 0, MAX_LOGPROBS)
    if logprobs is not None:
        body["logprobs"] = logprobs
    return Asked(
        model=fields.model(taken),
        path="completions",
        body=body,
        shape=PlainShape("text_completion", stream.include_usage),
        prefix="cmpl-",
        prompt_bound=sum(fields.bytes_of(each) + 8 for each in prompts),  # with the marks around a text
        max_tokens=max_tokens,
        choices=n * len(prompts),
        stream=stream.on,
        session=fields.session(taken),
        needs={"completions": "model", **found.needs},
        ignored=found.ignored,
    )


def _prompts(given: Any) -> list[str]:
    prompts = [given] if isinstance(given, str) else given
    if not isinstance(prompts, list) or not prompts or not all(isinstance(each, str) and each for each in prompts):
        raise FieldRefused("prompt", "`prompt` must be a text, or a list of texts, none empty; no token ids.")
    return prompts
