"""The Hugging Face Hub protocol; empty until it is served."""
