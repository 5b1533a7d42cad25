"""What OTLP/HTTP asks of a server: its two encodings, its answers, and what is taken out of attributes."""
