"""The JSON API over the queries, and the web page. Empty so far."""
