"""The one scheduler of periodic work: expire, roll up, check, report. Empty so far."""
