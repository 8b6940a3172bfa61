"""The statistics of gates: pure functions of the standard library, because the web process reads gates too."""
