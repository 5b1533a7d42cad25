"""What `docs/reference` says of the code, written from the code: `make reference`.

A page is written by hand but for its generated parts: what stands between `<!-- generated: NAME -->` and
`<!-- /generated -->`, and each command's table of options in `cli.md`. A test writes the pages anew and
compares them.
"""
