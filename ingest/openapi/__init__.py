"""What the collector's HTTP interface is, as an OpenAPI document, made from the code that serves it."""
