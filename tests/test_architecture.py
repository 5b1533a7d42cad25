"""The rooms and who may import whom: the table of docs/architecture.md, held."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "schemas": set(),
    "runtime": {"schemas"},
    "ingest": {"schemas", "runtime"},
    "consumers": {"schemas", "runtime"},
    "sql": {"runtime"},
    "privacy": {"schemas", "runtime", "sql"},
    "jobs": {"runtime", "sql", "privacy"},
    "queries": {"runtime", "sql"},
    "console": {"runtime", "queries", "privacy"},
    "local": {"runtime", "schemas"},
}
ROOMS = {*MAY_IMPORT, "cli"}


def imported_rooms(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively: name the room"
            names.add((node.module or "").partition(".")[0])
    return names & ROOMS


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_the_table_allows(room: str) -> None:
    files = list((ROOT / room).rglob("*.py"))
    assert files
    for file in files:
        foreign = imported_rooms(file) - MAY_IMPORT[room] - {room}
        assert not foreign, f"{file.relative_to(ROOT)} imports {foreign}"


def test_the_check_sees_imports_inside_functions() -> None:
    assert "consumers" in imported_rooms(ROOT / "cli" / "consumer.py")


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_says_what_it_holds(room: str) -> None:
    assert ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text()))
