"""OpenAI's protocol as far as it is offered: requests read strictly, answers and errors in its shapes. Pure."""
