"""How long things are kept, and the rights of the person."""
