"""Scorers: a loaded model and exam items in, one outcome per item out."""
