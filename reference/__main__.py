"""`python -m reference`: write the generated parts of `docs/reference` anew, and say which pages changed."""

import sys

from reference.engine import migrated
from reference.markdown import NoPlace
from reference.pages import pages
from reference.schema import read_schema


def main() -> None:
    """Write each page that is not as the code has it; none when one of them has no place for a part."""
    with migrated() as client:
        schema = read_schema(client)
    try:
        written = pages(schema)
    except NoPlace as error:
        sys.exit(str(error))
    for file, text in written.items():
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            sys.stdout.write(f"{file}\n")


main()
