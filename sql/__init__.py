"""Numbered migrations and views as plain .sql files, and the small runner that applies them."""
