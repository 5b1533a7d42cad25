"""What every process shares: settings, metrics, logging, clock, signals, pseudonyms."""
