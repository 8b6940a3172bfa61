"""The `aird` command: a client of the API, and the way to start and check a server.

Every module holds one noun. Nothing heavy is imported at the top of any of them: the HTTP library, the
database and the web framework are loaded inside the command that needs them, so that `aird --help` is there
at once.
"""
