"""What each kind of engine can be asked for beyond a plain chat. Pure."""

from collections.abc import Iterable

OFFERS: dict[str, frozenset[str]] = {
    "hf": frozenset({"completions", "embeddings"}),
    "vllm": frozenset({"completions", "response_format", "penalties", "logit_bias", "more_sampling", "cache_salt"}),
}
"""A need of a request (aird.deploy.gateway.protocol.asked.Asked.needs) has to be among its engine's offers.

`cache_salt` is the gateway's own: an engine that shares cached prompts between requests is told the department, so
that no department can tell by the time an answer takes what another one asked.
"""
TOOL_PARSER = "--tool-call-parser"
"""vLLM's argument without which it takes tools and never calls one: which parser fits, depends on the model."""


def offered(vllm_args: Iterable[str]) -> dict[str, frozenset[str]]:
    """What the engines of this house can be asked for; `vllm_args` are the arguments that vLLM is started with."""
    calls = any(each.partition("=")[0] == TOOL_PARSER for each in vllm_args)
    return {**OFFERS, "vllm": OFFERS["vllm"] | {"tools"}} if calls else OFFERS
