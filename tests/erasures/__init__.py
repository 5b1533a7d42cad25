"""Erasures at random, under faults, against an oracle: `python -m tests.erasures 200`."""
