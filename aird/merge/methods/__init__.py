"""Merge methods: tensors in, tensors out, one file per method."""
