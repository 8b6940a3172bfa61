"""The sample organisation: small data and models, trained for real."""
