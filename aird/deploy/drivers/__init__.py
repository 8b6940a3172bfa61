"""What runs models: one interface (base.py), one driver for each kind of engine."""
