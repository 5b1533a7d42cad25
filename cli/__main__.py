"""`python -m cli` is the `sillage` command."""

from cli import main

main(prog_name="sillage")
