"""The door of the catalog: what an uploaded folder of model files really is, or why it is not taken."""
