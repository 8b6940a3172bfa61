"""Run a model that lies in a local folder; knows neither the database nor the web."""
