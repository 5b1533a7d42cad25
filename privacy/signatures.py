"""Signatures that anybody verifies offline, from a file and the public key alone: Ed25519.

The key is made at its first use. `openssl` reads its files, and verifies a signature over `canonical` bytes.
"""

import base64
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from privacy.errors import PrivacyRefused

_PRIVATE, _PUBLIC = "signing_key.pem", "signing_key.pub.pem"


class SignatureRefused(PrivacyRefused):
    """A document is not what was signed, or a key cannot be read; the message says which."""


def canonical(value: Any) -> bytes:
    """JSON in one way only: keys sorted, no spaces, UTF-8; what is signed and hashed."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key of one installation."""

    _private: Ed25519PrivateKey

    @classmethod
    def of(cls, state_dir: Path) -> "SigningKey":
        """The key in this directory, made when there is none; of several processes that make one, one wins.

        Raises SignatureRefused when the file is no such key, OSError when it cannot be read or written.
        """
        file = state_dir / _PRIVATE
        if not file.exists():
            _make(state_dir)
        try:
            private = load_pem_private_key(file.read_bytes(), password=None)
        except ValueError as error:
            raise SignatureRefused(f"{file} holds no private key in PEM format.") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise SignatureRefused(f"{file} holds a key of another kind than Ed25519.")
        return cls(private)

    @property
    def public_key(self) -> str:
        """PEM text, for whoever verifies."""
        return _public_pem(self._private.public_key())

    def sign(self, payload: bytes) -> str:
        """The signature, in Base64."""
        return base64.b64encode(self._private.sign(payload)).decode()

    def signed(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document with its signature over all its other fields in `canonical` form."""
        if "signature" in document:
            raise ValueError("The document has a signature already.")
        signature = {"algorithm": "Ed25519", "value": self.sign(canonical(document))}
        return {**document, "signature": signature}


def verify(payload: bytes, signature: str, public_key: str) -> bool:
    """Whether the holder of this key (PEM text) signed these bytes; raises SignatureRefused for no key."""
    try:
        public = load_pem_public_key(public_key.encode())
    except ValueError as error:
        raise SignatureRefused("The public key is not in PEM format.") from error
    if not isinstance(public, Ed25519PublicKey):
        raise SignatureRefused("The public key is of another kind than Ed25519.")
    try:
        public.verify(base64.b64decode(signature, validate=True), payload)
    except (InvalidSignature, ValueError):
        return False
    return True


def verify_document(document: Mapping[str, Any], public_key: str) -> bool:
    """Whether a document made by `SigningKey.signed` is as it was signed."""
    signature = document.get("signature")
    if not isinstance(signature, Mapping) or signature.get("algorithm") != "Ed25519":
        return False
    payload = canonical({name: value for name, value in document.items() if name != "signature"})
    return verify(payload, str(signature.get("value")), public_key)


def public_key_file(state_dir: Path) -> Path:
    """Where the public key stands, to be handed to auditors."""
    return state_dir / _PUBLIC


def _make(state_dir: Path) -> None:
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Ed25519PrivateKey.generate()
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if _put(state_dir / _PRIVATE, pem):
        public_key_file(state_dir).write_text(_public_pem(made.public_key()))


def _put(file: Path, content: bytes) -> bool:
    """Write a file whole and for its owner alone, unless it is there by now; whether it was written."""
    descriptor, unfinished = tempfile.mkstemp(dir=file.parent)  # of mode 0600
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.link(unfinished, file)
    except FileExistsError:
        return False
    finally:
        Path(unfinished).unlink()
    return True


def _public_pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
