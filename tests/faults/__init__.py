"""The fault harness: real processes, killed and frozen at named points, then counted event by event.

In reading order: `run` (rounds of faults, then a check) → `schedule` (which fault, where) → `slots` (a
consumer that is faulted again and again) → `kinds` (how each fault is done) → `oracle` (what the rows must
be) → `report`.
"""
