"""Edge exports: a whole model as one GGUF file, and llama.cpp as the runtime that answers from it."""
