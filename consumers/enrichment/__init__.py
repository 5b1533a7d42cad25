"""What only the server knows about a batch: its software by the user agent, its place by the address."""
