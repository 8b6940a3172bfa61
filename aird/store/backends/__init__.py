"""Where the bytes of the store lie."""
