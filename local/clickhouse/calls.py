"""What one HTTP request asks for, read from its parameters, headers and form."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from local.clickhouse.engine import TAG
from local.clickhouse.errors import NOT_IMPLEMENTED, ClickHouseError

_PARAMETER = "param_"
_OF_HTTP = frozenset(
    {"query", "default_format", "wait_end_of_query", "buffer_size", "stacktrace", "client_protocol_version"}
    | {"query_id", "database", "user", "password", "quota_key", "role"}
    | {"session_id", "session_timeout", "session_check", "close_session"}
    | {"compress", "decompress", "enable_http_compression", "http_zlib_compression_level"}
    | {"send_progress_in_http_headers", "http_headers_progress_interval_ms"}
    | {"cancel_http_readonly_queries_on_client_close"}
)
"""Parameters that concern HTTP alone; each other one is a setting."""


@dataclass(frozen=True)
class External:
    """A table sent with a query: rows in `format`, columns as for CREATE TABLE."""

    name: str
    columns: str
    format: str
    data: bytes


@dataclass(frozen=True)
class Call:
    """One query and everything around it."""

    query: bytes
    query_id: str
    database: str
    settings: Mapping[str, str]
    parameters: Mapping[str, str]
    externals: tuple[External, ...]
    role: str | None
    default_format: str
    accept_encoding: str
    session_id: str | None
    session_must_exist: bool
    session_ends: bool
    session_timeout: float


def arguments_of(request: Request) -> dict[str, str]:
    """Give the parameters of the URL."""
    return dict(parse_qsl(request.url.query, keep_blank_values=True))


async def read_call(request: Request, arguments: dict[str, str]) -> Call:
    """Read a request but for the body that is its statement or data; a form is read whole."""
    files: dict[str, bytes] = {}
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_part_size=1 << 30) as form:
            for name, value in form.multi_items():
                if isinstance(value, str):
                    arguments[name] = value
                else:
                    files[name] = await value.read()
    if "1" in (arguments.get("compress"), arguments.get("decompress")):
        raise ClickHouseError(
            NOT_IMPLEMENTED,
            "Compression in ClickHouse's own framing is not supported: use Content-Encoding and "
            "Accept-Encoding. (NOT_IMPLEMENTED)",
        )
    externals = tuple(_external(name, data, arguments) for name, data in files.items())
    of_externals = {f"{name}_{what}" for name in files for what in ("format", "types", "structure")}
    query_id = arguments.get("query_id") or str(uuid.uuid4())
    settings = {
        name: value
        for name, value in arguments.items()
        if name not in _OF_HTTP and name not in of_externals and not name.startswith(_PARAMETER)
    }
    wants_compression = arguments.get("enable_http_compression") in ("1", "true")
    return Call(
        query=arguments.get("query", "").encode(),
        query_id=query_id,
        database=arguments.get("database") or request.headers.get("x-clickhouse-database") or "default",
        settings={"log_comment": query_id} | settings | {TAG: query_id},
        parameters={
            name.removeprefix(_PARAMETER): value
            for name, value in arguments.items()
            if name.startswith(_PARAMETER)
        },
        externals=externals,
        role=arguments.get("role"),
        default_format=(
            request.headers.get("x-clickhouse-format") or arguments.get("default_format") or "TabSeparated"
        ),
        accept_encoding=request.headers.get("accept-encoding", "") if wants_compression else "",
        session_id=arguments.get("session_id"),
        session_must_exist=arguments.get("session_check") == "1",
        session_ends=arguments.get("close_session") == "1",
        session_timeout=float(arguments.get("session_timeout", 60)),
    )


def _external(name: str, data: bytes, arguments: dict[str, str]) -> External:
    types = arguments.get(f"{name}_types", "").split(",")
    unnamed = ", ".join(f"_{number} {kind}" for number, kind in enumerate(types, 1))
    columns = arguments.get(f"{name}_structure", unnamed)
    return External(name, columns, arguments.get(f"{name}_format", "TabSeparated"), data)
