"""Atelier's invoices in a database, every statement of which is a span.

https://opentelemetry.io/docs/specs/semconv/database/database-spans/, stable since 1.33.
"""

import sqlite3
from threading import Lock

from opentelemetry.trace import SpanKind, StatusCode, Tracer

_SCHEMA = """
    CREATE TABLE invoices (number INTEGER PRIMARY KEY, amount REAL NOT NULL);
    CREATE TABLE deliveries (number INTEGER PRIMARY KEY, reminders INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE bookings (number INTEGER PRIMARY KEY, amount REAL NOT NULL);
"""
"""As version 5.0.0 left it: 5.0.1 came without the migration that adds `vat_code`, so it books nothing."""
_NUMBERS = range(1_000, 2_000)


class Ledger:
    """The database, in memory: no start finds anything of an earlier one."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._lock = Lock()
        self._database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)
        amounts = ((number, 90.0 * (number % 37 + 3)) for number in _NUMBERS)
        self._database.executemany("INSERT INTO invoices VALUES (?, ?)", amounts)

    def amount(self, number: int) -> float | None:
        """What an invoice is over, in euros; None: there is no such invoice."""
        rows = self._run("SELECT", "invoices", "SELECT amount FROM invoices WHERE number = ?", number)
        return float(rows[0][0]) if rows else None

    def deliver(self, number: int) -> None:
        """Note that it was sent, again perhaps."""
        self._run("INSERT", "deliveries", "INSERT OR IGNORE INTO deliveries (number) VALUES (?)", number)

    def remind(self, number: int) -> None:
        """Note that a reminder was sent."""
        text = "UPDATE deliveries SET reminders = reminders + 1 WHERE number = ?"
        self._run("UPDATE", "deliveries", text, number)

    def book(self, number: int, amount: float) -> None:
        """Enter it in the books."""
        text = "INSERT INTO bookings (number, amount, vat_code) VALUES (?, ?, 'FR20')"
        self._run("INSERT", "bookings", text, number, amount)

    def _run(self, operation: str, table: str, text: str, *values: float) -> list[tuple[float, ...]]:
        attributes = {
            "db.system.name": "sqlite",
            "db.namespace": "billing",
            "db.collection.name": table,
            "db.operation.name": operation,
            "db.query.text": text,
        }
        with (
            self._lock,
            self._tracer.start_as_current_span(
                f"{operation} {table}",
                kind=SpanKind.CLIENT,
                attributes=attributes,
                record_exception=False,  # the request's span has it, with the way that led here
                set_status_on_exception=False,
            ) as span,
        ):
            try:
                return self._database.execute(text, values).fetchall()
            except sqlite3.Error as error:
                span.set_attribute("error.type", f"sqlite3.{type(error).__name__}")
                span.set_status(StatusCode.ERROR, str(error))
                raise
