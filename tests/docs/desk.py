"""A reader's desk: a directory with a running stack, and a shell in which a page's commands are typed."""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.client import awaited, event, post
from tests.conftest import ROOT, Stack
from tests.docs.commands import as_run, lines
from tests.docs.pages import Block
from tests.otlp import key_values

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
_MODULES = {"sillage": "-m tests.docs.shim", "python": ""}


def seed(stack: Stack) -> None:
    """Store what pages ask about: the user u-17, and the trace that they show."""
    assert post(stack, [event(user="u-17", properties={"plan": "team"})])[0] == 202
    _send_trace(stack)
    client = connect(load(QuerySettings, stack.environ))
    asked = f"SELECT count() FROM span_rows WHERE trace_key = unhex('{TRACE}')"
    awaited(lambda: client.command(asked))


def _send_trace(stack: Stack) -> None:
    now = time.time_ns()
    span = Span(
        trace_id=bytes.fromhex(TRACE), span_id=bytes.fromhex(SPAN), name="POST /invoices",
        kind=Span.SPAN_KIND_SERVER, start_time_unix_nano=now - 300_000_000, end_time_unix_nano=now,
        status=Status(code=Status.STATUS_CODE_ERROR),
        attributes=key_values({"http.response.status_code": 500}),
    )  # fmt: skip
    resource = Resource(attributes=key_values({"service.name": "shop"}))
    sent = ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=resource, scope_spans=[ScopeSpans(spans=[span])])]
    )
    headers = {"Content-Type": "application/x-protobuf", "x-sillage-key": stack.secret_key}
    request = urllib.request.Request(stack.collector_url + "/v1/traces", sent.SerializeToString(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


class Desk:
    """The directory, with `.venv/bin` and `.sillage` as a reader has them."""

    def __init__(self, directory: Path, stack: Stack) -> None:
        self.directory = directory
        self._stack = stack
        (directory / ".sillage").symlink_to(stack.data_dir)
        self._bin = directory / ".venv" / "bin"
        self._bin.mkdir(parents=True)
        for name, module in _MODULES.items():
            self._put(name, f'exec {sys.executable} {module} "$@"')
        self._put("curl", f'exec {shutil.which("curl")} --fail-with-body "$@"')

    def _put(self, name: str, command: str) -> None:
        file = self._bin / name
        file.write_text(f"#!/bin/sh\n{command}\n")
        file.chmod(0o755)

    def type(self, blocks: Sequence[Block]) -> "subprocess.CompletedProcess[str]":
        """Type a page's commands, one after the other, in one shell that ends at the first that fails."""
        typed = [as_run(line) for block in blocks for line in lines(block) if not line.not_run]
        return self.run(["sh", "-eu", "-c", "\n".join(map(self.here, typed))])

    def run(self, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SILLAGE_")}
        environ |= {"PATH": f"{self._bin}:{environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
        return subprocess.run(
            command, cwd=self.directory, env=environ, capture_output=True, text=True, timeout=280, check=False
        )

    def here(self, text: str) -> str:
        """What a page says of its reader's installation, as it is on this desk."""
        state = self._stack.environ["SILLAGE_STATE_DIR"]
        for written, here in {
            "http://127.0.0.1:8080": self._stack.collector_url,
            "https://telemetry.example": self._stack.collector_url,
            "sk_demo_…": self._stack.secret_key,
            "sk_…": self._stack.secret_key,
            "TRACE_ID": TRACE,
            "--key signing_key.pub.pem": f"--key {state}/signing_key.pub.pem",
        }.items():
            text = text.replace(written, here)
        return text
