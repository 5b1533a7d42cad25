"""A file that does not change while the process lives: not sent again to who has it already."""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus

from ingest.answers import Answer


@dataclass(frozen=True, slots=True)
class ServedFile:
    """The file as it is served, and what is answered to who has it already."""

    etag: str
    whole: Answer
    not_modified: Answer

    @classmethod
    def of(cls, content: bytes, content_type: str) -> "ServedFile":
        """A file that any cache may keep for an hour, and any page may load."""
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        caching = [
            ("etag", etag),
            ("cache-control", "public, max-age=3600"),
            ("cross-origin-resource-policy", "cross-origin"),
        ]
        typed = [("content-type", content_type), *caching]
        whole = Answer(HTTPStatus.OK, content, typed)
        return cls(etag, whole, Answer(HTTPStatus.NOT_MODIFIED, headers=caching))

    def answer(self, if_none_match: bytes) -> Answer:
        """The file, or that it is the one that the client has."""
        return self.not_modified if self._is_among(if_none_match.decode("latin-1")) else self.whole

    def _is_among(self, tags: str) -> bool:
        """By weak comparison: a proxy that compresses makes a tag weak, and browsers send it back so."""
        return tags == "*" or any(tag.strip().removeprefix("W/") == self.etag for tag in tags.split(","))
