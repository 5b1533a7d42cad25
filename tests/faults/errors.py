"""What ends a run that is no verdict on the promise."""


class Infrastructure(Exception):
    """The harness's own ground gave way: a port is taken, an engine does not come back."""
