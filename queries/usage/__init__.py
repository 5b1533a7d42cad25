"""How a product is used: each question is a module, and asks what the view `usage` shows."""
