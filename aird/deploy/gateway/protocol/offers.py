"""What each kind of engine can be asked for beyond a plain chat. Pure."""

OFFERS: dict[str, frozenset[str]] = {
    "hf": frozenset({"completions", "embeddings"}),
    "vllm": frozenset(
        {"completions", "tools", "response_format", "penalties", "logit_bias", "more_sampling", "cache_salt"}
    ),
}
"""A need of a request (aird.deploy.gateway.protocol.asked.Asked.needs) has to be among its engine's offers.

`cache_salt` is the gateway's own: an engine that shares cached prompts between requests is told the department, so
that no department can tell by the time an answer takes what another one asked.
"""
