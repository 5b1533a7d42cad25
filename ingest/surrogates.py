"""Halves of surrogate pairs in JSON, which scripts write that cut a text through an emoji."""

import json


def without_lone_surrogates(body: bytes) -> bytes:
    """Replace each escaped half of a surrogate pair by U+FFFD, as browsers do when they encode text.

    `JSON.stringify` writes such halves; they are valid JSON, stand for no character, and msgspec refuses
    them. The standard library reads them. Raises ValueError for what is no JSON, RecursionError for what is
    too deep.
    """
    text = json.dumps(json.loads(body.decode()), ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
