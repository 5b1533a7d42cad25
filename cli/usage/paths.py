"""`sillage usage paths`: what people do next, or did before, as a tree."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import click
from clickhouse_connect.driver.client import Client
from rich.text import Text
from rich.tree import Tree

from cli.answers import Answer
from cli.plain import plain
from cli.usage.asking import respond
from cli.usage.options import Asked, asking
from cli.usage.steps import read_steps
from queries.usage.paths import MAX_DEPTH, MAX_WIDTH, Label, PathNode, PathsQuestion, statement
from queries.usage.paths import paths as ways

HEADS = ("node", "parent", "depth", "kind", "label", "sessions", "share")


@click.command()
@asking()
@click.option(
    "--start", required=True, metavar="FILTER", help="Where paths begin: an action's name, or a filter."
)
@click.option("--before", is_flag=True, help="Tell what people did before it, instead of after.")
@click.option(
    "--steps",
    type=click.Choice(["action", "page", "either"]),
    default="action",
    show_default=True,
    help="What steps are called by.",
)
@click.option(
    "--depth", type=click.IntRange(1, MAX_DEPTH), default=3, show_default=True, help="Steps from the start."
)
@click.option(
    "--width",
    type=click.IntRange(1, MAX_WIDTH),
    default=8,
    show_default=True,
    help="So many steps after the same way, the most frequent ones; the others are one.",
)
def paths(asked: Asked, start: str, before: bool, steps: Label, depth: int, width: int) -> None:
    """Say what people do after the first step of a session that is the start, or did before it."""
    (begin,) = read_steps(asked, [start], "--start")
    question = PathsQuestion(
        asked.of_one,
        asked.window,
        begin,
        "before" if before else "after",
        steps,
        depth,
        width,
        asked.bots,
        asked.where,
    )

    def ask(client: Client) -> Answer:
        root = ways(client, question)
        return Answer(
            list(_objects(root, start)),
            [],
            asked.none,
            asked.title(f"Paths {question.direction} {plain(start)}"),
            ["Shares are of the sessions with a start."],
            HEADS,
            is_empty=not root.sessions,
            body=_tree(root, start),
        )

    respond(asked, lambda: [statement(question)], ask)


def _objects(root: PathNode, start: str) -> Iterator[dict[str, Any]]:
    """One a node, each before those that follow it."""
    numbers = count()

    def under(node: PathNode, parent: int | None, depth: int) -> Iterator[dict[str, Any]]:
        number = next(numbers)
        label = start if node.kind == "start" else node.label
        share = node.sessions / root.sessions if root.sessions else None
        values = (number, parent, depth, node.kind, label, node.sessions, share)
        yield dict(zip(HEADS, values, strict=True))
        for each in node.next:
            yield from under(each, number, depth + 1)

    return under(root, None, 0)


def _tree(root: PathNode, start: str) -> Tree:
    def grown(node: PathNode, tree: Tree) -> Tree:
        for each in node.next:
            grown(each, tree.add(_named(each, root.sessions)))
        return tree

    return grown(root, Tree(Text.assemble((plain(start), "bold"), f"  {root.sessions:,} sessions")))


def _named(node: PathNode, of: int) -> Text:
    """What a node is, how many sessions came to it, and what share that is of all."""
    name = {"end": ("(end)", "dim"), "other": ("(others)", "dim")}.get(node.kind)
    shown = name or (plain(node.label) or "(no name)", "bold")
    return Text.assemble(shown, f"  {node.sessions:,}  ", (f"{node.sessions / of * 100:.1f} %", "cyan"))
