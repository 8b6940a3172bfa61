"""A stand-in for vLLM: the command line and the verbs that the driver uses, without a model."""
