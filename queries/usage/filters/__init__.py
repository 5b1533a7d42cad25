"""Filters of events: a tree of comparisons, the text that people write, the SQL that is asked."""
