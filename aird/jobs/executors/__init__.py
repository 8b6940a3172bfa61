"""How a job's process is started and stopped."""
