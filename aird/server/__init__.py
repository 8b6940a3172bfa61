"""The web application: one list of routers and mounts."""
