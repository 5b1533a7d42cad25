"""Every code under which something is refused, lost or told, and the exit codes of commands."""

import ast
import inspect
import re
import textwrap
from collections.abc import Sequence
from enum import Enum

from cli.checks.finding import Verdict
from consumers.enrichment.bots import BotReason
from consumers.reconciliation.accounts import Fate, Kind
from ingest.minimise import Minimised
from ingest.refusals import EventRefusal, Refusal, SpanRefusal
from ingest.spooling.losses import Loss
from ingest.usage import LOSS_REASONS
from privacy.rights.requests import Delay, Ground
from reference.commands import every_command
from reference.markdown import code, table
from schemas.dead_letter import Reason

LISTED: dict[str, type[Enum]] = {
    "dead letters": Reason,
    "losses of the spool": Loss,
    "minimised": Minimised,
    "fates": Fate,
    "differences": Kind,
    "verdicts": Verdict,
    "bots": BotReason,
    "grounds": Ground,
    "delays": Delay,
}
"""Parts of the page of codes, each made of one enum; the collector's refusals have a page of their own."""


def listed(codes: type[Enum]) -> str:
    """One enum as a table. A code's meaning is the text under it, or its value: then the name is the code."""
    meanings = _texts_under_members(codes)
    return table(("code", "meaning"), [_row(one, meanings.get(one.name)) for one in codes])


def _row(member: Enum, meaning: str | None) -> Sequence[str]:
    value = str(member.value)
    is_sentence = " " in value
    return code(member.name.lower() if is_sentence else value), meaning or (value if is_sentence else "")


def _texts_under_members(codes: type[Enum]) -> dict[str, str]:
    (declared,) = ast.parse(textwrap.dedent(inspect.getsource(codes))).body
    assert isinstance(declared, ast.ClassDef)
    found, member = {}, ""
    for line in declared.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            member = line.targets[0].id
        elif member and isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
            found[member] = str(line.value.value)
    return found


def deliveries() -> str:
    """The refusals of whole deliveries."""
    rows = [(code(one.code), str(int(one.status)), one.message, one.remedy) for one in Refusal]
    return table(("code", "status", "meaning", "remedy"), rows)


def one_by_one(reasons: type[EventRefusal] | type[SpanRefusal]) -> str:
    """The refusals of single events, or of single spans."""
    return table(("reason", "meaning"), [(code(one), one.message) for one in reasons])


def client_losses() -> str:
    """The reasons of a client's losses that are counted under their own name."""
    return f"{', '.join(code(one) for one in sorted(LOSS_REASONS))}; any other is counted as `other`."


def exit_codes() -> str:
    """The commands that end with 1 for what they found, in the words of their help."""
    rows = []
    for name, command in every_command():
        sentences = re.split(r"(?<=\.)\s+", inspect.cleandoc(command.help or "").replace("\n", " "))
        rows += [(code(f"sillage {name}"), one) for one in sentences if "exit code" in one]
    return table(("command", "exit code 1"), rows)
