"""What a deployment needs for a load, from what was measured: `python -m bench.sizing`.

`docs/explanation/sizing.md` says what each line means, and what was not measured.
"""
