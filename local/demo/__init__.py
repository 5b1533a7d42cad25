"""The demo: a small product with the SDK in it, simulated visitors, and ninety days that never were."""
