"""A schema registry, by the HTTP interface that Confluent's has and others speak: four of its requests.

Source: https://docs.confluent.io/platform/current/schema-registry/develop/api.html
"""

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError, SSLError
from urllib3.util import make_headers

from runtime.authorities import check_authorities_of
from runtime.settings import SchemaRegistrySettings, SettingError
from schemas.topics import USAGE
from schemas.usage import Schema

SUBJECT = f"{USAGE.name}-value"
"""The subject of usage records, as Confluent's serializers name it by default: after the topic."""
COMPATIBILITY = "BACKWARD"
"""A newer schema must be able to read what an older one wrote."""

_SECONDS = 5.0
_JSON = "application/vnd.schemaregistry.v1+json"
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_LOGIN = (
    "SILLAGE_SCHEMA_REGISTRY_USERNAME and SILLAGE_SCHEMA_REGISTRY_PASSWORD, or SILLAGE_SCHEMA_REGISTRY_TOKEN"
)
_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class RegistryAway(Exception):
    """It does not answer, or has trouble of its own: ask again later."""


class RegistryRefused(Exception):
    """It answers, and an operator must act; the message says how."""


class SchemaRegistry:
    """The registry that the settings name. Each request raises RegistryAway or RegistryRefused."""

    def __init__(self, settings: SchemaRegistrySettings) -> None:
        """Asks nothing yet; raises SettingError for settings that contradict each other."""
        _check(settings)
        self.url = settings.schema_registry_url.rstrip("/")
        headers = {"Accept": f"{_JSON}, application/json"}
        if settings.schema_registry_token:
            headers["Authorization"] = f"Bearer {settings.schema_registry_token}"
        elif settings.schema_registry_username:
            user = f"{settings.schema_registry_username}:{settings.schema_registry_password}"
            headers |= make_headers(basic_auth=user)
        file = settings.schema_registry_ca_file
        self._pool = PoolManager(
            headers=headers, ca_certs=str(file) if file else None, timeout=Timeout(_SECONDS), retries=False
        )

    def id_of(self, schema: Schema) -> int | None:
        """The id that the schema has in the subject of usage records; None while it is not registered."""
        answer = self._ask("POST", f"/subjects/{SUBJECT}", _as_body(schema))
        return None if answer is None else int(answer["id"])

    def schema(self, schema_id: int) -> Schema | None:
        """The record schema with this id; None where there is none."""
        answer = self._ask("GET", f"/schemas/ids/{schema_id}")
        if answer is None:
            return None
        schema = json.loads(answer["schema"]) if answer.get("schemaType", "AVRO") == "AVRO" else None
        if not isinstance(schema, dict) or schema.get("type") != "record":
            raise RegistryRefused(f"Schema {schema_id} of {self.url} is no record of Avro.")
        return schema

    def register(self, schema: Schema) -> int:
        """Register the schema in the subject of usage records, which is held to `COMPATIBILITY`; its id."""
        held = self._ask("PUT", f"/config/{SUBJECT}", {"compatibility": COMPATIBILITY})
        answer = self._ask("POST", f"/subjects/{SUBJECT}/versions", _as_body(schema))
        if held is None or answer is None:
            raise RegistryRefused(f"The schema registry at {self.url} does not take the subject {SUBJECT}.")
        return int(answer["id"])

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        """The answer's JSON; None where the registry says that it has no such thing."""
        headers = {**self._pool.headers, "Content-Type": _JSON}
        try:
            answer = self._pool.request(method, self.url + path, json=body, headers=headers)
        except SSLError as error:
            raise RegistryRefused(
                f"There is no TLS with the schema registry at {self.url}: {error}. Correct "
                "SILLAGE_SCHEMA_REGISTRY_CA_FILE or SILLAGE_SCHEMA_REGISTRY_URL."
            ) from error
        except HTTPError as error:
            raise RegistryAway(f"The schema registry at {self.url} does not answer: {error}") from error
        return self._judge(answer.status, answer.data)

    def _judge(self, status: int, body: bytes) -> Any:
        said = f"The schema registry at {self.url} answers {status}: {body[:300].decode(errors='replace')}."
        if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RegistryAway(said)
        if status in _DENIED:
            raise RegistryRefused(f"{said} Correct its user and password, or its token: {_LOGIN}.")
        if status == HTTPStatus.CONFLICT:
            raise RegistryRefused(f"{said} This version's usage schema is not {COMPATIBILITY} compatible.")
        try:
            told = json.loads(body)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise RegistryRefused(f"{said} Correct SILLAGE_SCHEMA_REGISTRY_URL.")
        if status == HTTPStatus.NOT_FOUND and "error_code" in told:
            return None
        if status != HTTPStatus.OK:
            raise RegistryRefused(said)
        return told


def schema_registry(settings: SchemaRegistrySettings) -> SchemaRegistry | None:
    """The registry, if one is set; raises SettingError."""
    return SchemaRegistry(settings) if settings.schema_registry_url else None


def _as_body(schema: Schema) -> dict[str, str]:
    return {"schema": json.dumps(schema)}


def _check(settings: SchemaRegistrySettings) -> None:
    url = urlsplit(settings.schema_registry_url)
    user, password = settings.schema_registry_username, settings.schema_registry_password
    if url.scheme not in ("http", "https") or not url.hostname:
        raise SettingError("SILLAGE_SCHEMA_REGISTRY_URL is malformed; expected http(s)://host:port.")
    if bool(user) != bool(password) or (user and settings.schema_registry_token):
        raise SettingError(f"Of {_LOGIN}, set both of the former or the latter alone.")
    check_authorities_of("SCHEMA_REGISTRY", url, settings.schema_registry_ca_file)
