"""A file that does not change while the process lives: not sent again to who has it already."""

import gzip
import hashlib
from dataclasses import dataclass
from http import HTTPStatus

from ingest.answers import Answer

_AN_HOUR = "public, max-age=3600"


@dataclass(frozen=True, slots=True)
class _Form:
    """The file in one encoding, and what is answered to who has it already."""

    etag: str
    whole: Answer
    not_modified: Answer


@dataclass(frozen=True, slots=True)
class ServedFile:
    """The file as it is, and compressed for who asks for it so."""

    plain: _Form
    packed: _Form

    @classmethod
    def of(
        cls,
        content: bytes,
        content_type: str,
        caching: str = _AN_HOUR,
        *more: tuple[str, str],
        packed: bytes | None = None,
    ) -> "ServedFile":
        """A file that any page may load, and any cache keep as `caching` says (Cache-Control).

        `packed` is the content in gzip's format, where it was compressed before.
        """
        digest = hashlib.sha256(content).hexdigest()[:32]
        headers = [
            ("cache-control", caching),
            ("cross-origin-resource-policy", "cross-origin"),
            ("vary", "accept-encoding"),
            *more,
        ]

        def form(etag: str, body: bytes, *encoding: tuple[str, str]) -> _Form:
            tagged = [("etag", etag), *headers]
            typed = [("content-type", content_type), *encoding, *tagged]
            return _Form(
                etag, Answer(HTTPStatus.OK, body, typed), Answer(HTTPStatus.NOT_MODIFIED, headers=tagged)
            )

        if packed is None:
            packed = gzip.compress(content, mtime=0)
        return cls(
            form(f'"{digest}"', content), form(f'"{digest}-gzip"', packed, ("content-encoding", "gzip"))
        )

    def answer(self, if_none_match: bytes, accept_encoding: bytes = b"") -> Answer:
        """The file, or that it is the one that the client has."""
        form = self.packed if _takes_gzip(accept_encoding.decode("latin-1")) else self.plain
        return form.not_modified if self._is_among(if_none_match.decode("latin-1")) else form.whole

    def _is_among(self, tags: str) -> bool:
        """By weak comparison: a proxy that compresses makes a tag weak, and browsers send it back so."""
        ours = (self.plain.etag, self.packed.etag)
        return tags == "*" or any(tag.strip().removeprefix("W/") in ours for tag in tags.split(","))


def _takes_gzip(accepted: str) -> bool:
    """Whether the client names gzip and does not exclude it: `gzip;q=0`."""
    for entry in accepted.lower().split(","):
        coding, _, weight = entry.replace(" ", "").partition(";")
        if coding == "gzip":
            return weight.rstrip("0.") != "q="
    return False
