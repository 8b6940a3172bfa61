"""What a merge job does, between the store and the numerics."""
