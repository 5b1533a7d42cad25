"""Whether countries and cities can be told."""

from cli.checks.finding import Finding, broken, look, ok
from cli.surroundings import Surroundings
from consumers.enrichment.geography import dbip
from consumers.enrichment.geography.layouts import UnreadableDatabase, open_database


def geography(around: Surroundings) -> Finding:
    """The city databases can be read."""
    chosen = around.settings.geo_databases
    if chosen == ():
        return look("SILLAGE_GEO_DATABASES is empty: places stay unknown", "Unset it, or name a database.")
    files = dbip.cached_files() if chosen is None else chosen
    try:
        built = [open_database(file).built.date() for file in files]
    except UnreadableDatabase as error:
        if chosen is None:
            return look(f"countries and cities stay unknown: {error}", "Run `sillage geo fetch`.")
        return broken(str(error), "Correct SILLAGE_GEO_DATABASES: the consumer does not start.")
    return ok(f"{', '.join(file.name for file in files)}, built {min(built)}")
