"""What people who exercise or answer for rights can mend: every error of this room that ends a command."""


class PrivacyRefused(Exception):
    """It was not done; the message says why, and what to do."""
