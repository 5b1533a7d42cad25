"""The rights of the person: access, erasure, restriction, rectification, and the proof that it was done."""
