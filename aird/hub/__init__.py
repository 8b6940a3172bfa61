"""The Hugging Face Hub protocol, so that every Hub client works against aird with `HF_ENDPOINT=<url>/hf`."""
