"""People, departments, roles and tokens; who may do what."""
