"""The JSON API over queries and the web page (issues to come)."""
