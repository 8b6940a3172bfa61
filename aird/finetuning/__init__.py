"""Files and fine-tuning jobs of OpenAI's clients: a facade over data sets and trainings."""
