"""The browser SDK in real Chromium."""
