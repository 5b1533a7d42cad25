"""What stops the stack. Each message says what happened and what to do; none needs a traceback."""


class StackError(Exception):
    """The stack cannot run; the message names the remedy."""


class CannotStart(StackError):
    """Something is in the way, and nothing was started."""


class PartFailed(StackError):
    """A part ended by itself or did not become ready; the others were stopped."""
