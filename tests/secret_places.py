"""Where secrets are put into Sillage, by its own settings, and a search for them in what it says."""

import base64
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from runtime.settings import ADDRESSES, PROCESSES, known, variable

CANARY = "canary9f2c41d07b6e"
"""Planted as every secret; nothing else has these letters."""
PUBLIC_FILES = {"SILLAGE_SEGMENTS_FILE", "SILLAGE_TLS_CERTIFICATE_FILE"}
OWN_FORM_FILES = {"SILLAGE_TENANTS_FILE", "SILLAGE_PSEUDONYM_KEYS_FILE", "SILLAGE_TLS_KEY_FILE"}
"""Files in a form of their own, in which a secret is planted test by test."""


def secret_variables() -> set[str]:
    """Settings that are a secret themselves."""
    return {variable(one.name) for process in PROCESSES for one in fields(process) if not one.repr}


def secret_files() -> set[str]:
    """Settings that name a file with nothing but a secret in it."""
    files = {name for name in known() if name.endswith("_FILE") and not name.endswith("_CA_FILE")}
    return files - PUBLIC_FILES - OWN_FORM_FILES


def addresses() -> set[str]:
    """Settings that say where something is."""
    return {name for name in known() if name.endswith(ADDRESSES)}


def as_variables() -> dict[str, str]:
    """The secret in every setting that is one."""
    return dict.fromkeys(secret_variables(), CANARY)


def in_files(directory: Path) -> dict[str, str]:
    """The secret in a file for every setting that names one."""
    file = directory / "secret"
    file.write_text(CANARY + "\n")
    file.chmod(0o600)
    return dict.fromkeys(secret_files(), str(file))


def told(text: str, secrets: Iterable[str] = (CANARY,)) -> list[str]:
    """The secrets that the text tells, as they are or in Base64 behind any user's name."""
    return [one for one in secrets if one in text or any(form in text for form in _in_base64(one))]


def _in_base64(secret: str) -> list[str]:
    """The middle of its Base64, for each of the places that it may begin at."""
    forms = []
    for before in range(3):
        encoded = base64.b64encode(b"x" * before + secret.encode()).decode()
        forms.append(encoded[4 if before else 0 : len(encoded) - 4])
    return forms
