"""A process of a version, and what is sent to it."""

import contextlib
import os
import re
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_ASSIGNED = re.compile(r"Assigned \[\d")


@dataclass
class Process:
    """A collector or a consumer, and the file of its log."""

    version: Path
    process: "subprocess.Popen[bytes]"
    log: Path
    admin_port: int

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/metrics", timeout=10) as answer:
            return str(answer.read().decode())

    def said(self) -> str:
        return self.log.read_text()

    def has_partitions(self) -> bool:
        return bool(_ASSIGNED.search(self.said())) or self.process.poll() is not None

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()


def spans_body(span_id: bytes) -> bytes:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = os.urandom(16), span_id, "upgrade"
    span.start_time_unix_nano = span.end_time_unix_nano = time.time_ns()
    content: bytes = request.SerializeToString()
    return content


def post(url: str, body: bytes, kind: str, expected: int, key: str = "") -> None:
    headers = {"Content-Type": kind} | ({"x-sillage-key": key} if key else {})
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
        assert answer.status == expected


def answers(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
        return True
    return False
