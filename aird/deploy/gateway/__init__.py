"""The OpenAI-compatible gateway: who calls, where to, within which budget, and what was used."""
