"""The search that plans a rotation: which candidates, how they race, what is kept of each."""
