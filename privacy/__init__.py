"""Retention, the rights of the person, the ledger and the inventory of every store. Empty so far."""
