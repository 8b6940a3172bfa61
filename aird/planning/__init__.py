"""Career plans and advice; empty until the offer for a request is computed."""
