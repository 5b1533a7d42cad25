"""Two versions of Sillage side by side: `make test` runs what is quick, `make test-long` every order."""
