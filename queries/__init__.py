"""The questions people ask: parametrised SQL, one function each, for the CLI and the console alike."""
