"""What the collector needs: itself, the browser SDK, the tenants and their keys."""

from pathlib import Path
from urllib.error import HTTPError

from cli.checks.finding import Finding, broken, look, ok
from cli.surroundings import Surroundings
from ingest import sdk_files
from ingest.tenants import read_tenants
from runtime.pseudonyms import read_keys
from runtime.settings import CollectorSettings, SettingError, load

_KEYS_REMEDY = (
    "Set SILLAGE_PSEUDONYM_KEYS_FILE to the file. Never make a new key for a tenant that has data: its users "
    "would get new pseudonyms. A generation beside the old key is no harm: docs/how-to/rotate-keys.md."
)


def ready(around: Surroundings) -> Finding:
    """The collector answers, and takes records."""
    try:
        around.get("/readyz")
    except HTTPError as error:
        error.close()
        saw = f"{around.collector_url}/readyz answers {error.code}"
        return broken(
            saw,
            "Neither Kafka nor the spool takes records: look at `kafka`, at the room on the disk of "
            "SILLAGE_SPOOL_DIR, and into the collector's log.",
        )
    except OSError as error:
        saw = f"the collector does not answer at {around.collector_url}: {error}"
        return broken(
            saw, "Start it with `sillage up` or `sillage collector`, or set SILLAGE_COLLECTOR_PORT."
        )
    return ok(f"{around.collector_url}/readyz answers")


def sdk_built(_around: Surroundings) -> Finding:
    """The browser SDK is built."""
    try:
        files = sdk_files.read()
    except SettingError as error:
        return broken(str(error), "Run `make sdk`, then restart the collector.")
    return ok(f"{len(files.script.plain.whole.body):,} bytes")


def sdk_served(around: Surroundings) -> Finding:
    """The collector serves the SDK that is built here."""
    url = f"{around.collector_url}/sillage.js"
    try:
        served = around.get("/sillage.js")
    except OSError as error:
        return broken(f"{url}: {error}", "Look into the collector's log, and restart it.")
    if served != sdk_files.read().script.plain.whole.body:
        return look(
            f"{url} is not the file that is built here", "Restart the collector to serve the new one."
        )
    return ok(url)


def tenants(around: Surroundings) -> Finding:
    """The tenants can be read, and each has a pseudonym key."""
    try:
        files = load(CollectorSettings, around.environ)
        found = read_tenants(files.tenants_file, files.pseudonym_keys_file)
    except SettingError as error:
        return broken(str(error), "Correct the file, or set SILLAGE_TENANTS_FILE to another.")
    names = {tenant.name for keys in (found.write_keys, found.secret_keys) for tenant in keys.values()}
    if not names:
        return look(
            f"{files.tenants_file} names no key", "Add a tenant with a key: without one nobody can send."
        )
    return ok(f"{files.tenants_file}: {', '.join(sorted(names))}")


def pseudonym_keys(around: Surroundings) -> Finding:
    """The pseudonym keys are there, and nobody else can read them."""
    file = around.settings.pseudonym_keys_file
    if file == Path():
        return broken("SILLAGE_PSEUDONYM_KEYS_FILE is not set", _KEYS_REMEDY)
    try:
        keys = read_keys(file)
    except SettingError as error:
        return broken(str(error), _KEYS_REMEDY)
    mode = file.stat().st_mode & 0o777
    if mode & 0o077:
        return broken(f"others may open {file} (mode {mode:04o})", f"chmod 600 {file}")
    return ok(f"{file}: keys of {', '.join(sorted(keys))}; mode {mode:04o}")
