"""Training and mentoring: recipes that turn data into new weights, and the jobs that run them."""
