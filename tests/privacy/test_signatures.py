"""Signatures: who has the public key and the file needs nothing else."""

import base64
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.signatures import (
    SignatureRefused,
    SigningKey,
    canonical,
    public_key_file,
    verify,
    verify_document,
)


def test_a_key_is_made_at_its_first_use_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = SigningKey.of(state)
    assert stat.S_IMODE((state / "signing_key.pem").stat().st_mode) == 0o600
    assert SigningKey.of(state).public_key == first.public_key == public_key_file(state).read_text()


def test_of_processes_that_make_a_key_at_once_all_get_the_same(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from privacy.signatures import SigningKey;"
        "print(SigningKey.of(pathlib.Path(sys.argv[1])).public_key)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in running}) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["signing_key.pem", "signing_key.pub.pem"]


@given(payload=st.binary(), other=st.binary())
def test_a_signature_is_of_one_payload_and_one_key(
    payload: bytes, other: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    key = SigningKey.of(tmp_path_factory.getbasetemp() / "one")
    stranger = SigningKey.of(tmp_path_factory.getbasetemp() / "another")
    signature = key.sign(payload)
    assert verify(payload, signature, key.public_key)
    assert verify(other, signature, key.public_key) == (other == payload)
    assert not verify(payload, signature, stranger.public_key)
    assert not verify(payload, "no base64!", key.public_key)


def test_a_document_is_verified_whatever_the_order_of_its_fields(tmp_path: Path) -> None:
    key = SigningKey.of(tmp_path)
    signed = key.signed({"b": [1, {"é": None}], "a": "x"})
    assert verify_document(dict(reversed(signed.items())), key.public_key)
    assert not verify_document(signed | {"a": "y"}, key.public_key)
    assert not verify_document(signed | {"more": 1}, key.public_key)
    assert not verify_document({"a": "x"}, key.public_key)


def test_openssl_verifies_a_signature_too(tmp_path: Path) -> None:
    key = SigningKey.of(tmp_path)
    (tmp_path / "payload").write_bytes(canonical({"a": 1}))
    (tmp_path / "signature").write_bytes(base64.b64decode(key.sign(canonical({"a": 1}))))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(public_key_file(tmp_path)), "-rawin"]
    files = ["-in", str(tmp_path / "payload"), "-sigfile", str(tmp_path / "signature")]
    subprocess.run([*command, *files], check=True, capture_output=True)


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "signing_key.pem").write_text("nothing")
    with pytest.raises(SignatureRefused, match=r"signing_key\.pem holds no private key"):
        SigningKey.of(tmp_path)
    with pytest.raises(SignatureRefused, match="The public key is not in PEM format"):
        verify(b"", "", "nothing")
