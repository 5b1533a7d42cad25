"""The table of contents of `docs/`: every page by its title, in the four kinds of documentation."""

from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
_KINDS = {
    "Tutorial: begin here": ("tutorial.md",),
    "How-to: one task each": ("how-to/*.md",),
    "Reference: look it up": ("reference/*.md",),
    "Explanation: why it is so": ("architecture.md", "explanation/*.md"),
    "Privacy: papers for controllers and auditors": ("privacy/*.md",),
    "Decisions: what was chosen, and what was measured": ("decisions/*.md",),
}


def contents() -> str:
    """A list for each kind; a page of no kind comes last, so that none is left out."""
    left = sorted(page for page in DOCS.rglob("*.md") if page != DOCS / "README.md")
    parts = []
    for kind, patterns in _KINDS.items():
        chosen = [page for pattern in patterns for page in sorted(DOCS.glob(pattern))]
        left = [page for page in left if page not in chosen]
        parts.append(_listed(kind, chosen))
    return "\n\n".join([*parts, _listed("More", left)] if left else parts)


def _listed(kind: str, pages: list[Path]) -> str:
    lines = [f"- [{_title(page)}]({page.relative_to(DOCS)})" for page in pages]
    return "\n".join([f"## {kind}", "", *lines])


def _title(page: Path) -> str:
    return page.read_text().partition("\n")[0].removeprefix("# ")
