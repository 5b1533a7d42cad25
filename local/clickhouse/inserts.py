"""INSERT: the rows come in a body, and an acknowledged INSERT is stored whole.

The body goes into a file in memory that the engine then reads with FROM INFILE, as one statement. chDB's
streaming insert would be shorter, but it acknowledges what a view, a constraint, a limit or KILL QUERY
refuses after the rows were parsed.
"""

from collections.abc import AsyncIterator
from typing import Any

from local.clickhouse.calls import External
from local.clickhouse.engine import Connection, Engine, quote_identifier
from local.clickhouse.refusals import check
from local.clickhouse.statements import Insert


async def insert(
    engine: Engine, connection: Connection, statement: Insert, rest: AsyncIterator[bytes]
) -> Any:
    """Store the rows of the statement's data and the rest of the body; gives the engine's result.

    Returns when the rows are stored. Raises what the engine raises, and then nothing is stored.
    """
    with engine.bodies.lend() as (file, path):
        reading = statement.reading(path)
        await engine.run(check, connection, reading, path)
        file.write(statement.data)
        async for chunk in rest:
            file.write(chunk)
        file.truncate()
        with engine.insert():
            return await engine.run(connection.raw.query, reading)


async def add_external_table(engine: Engine, connection: Connection, table: External) -> None:
    """Make a table sent with a query a temporary table of the connection."""
    connection.reusable = False
    name = quote_identifier(table.name)
    create = f"CREATE OR REPLACE TEMPORARY TABLE {name} ({table.columns})"
    await engine.run(check, connection, create.encode())
    await engine.run(connection.raw.query, create)
    statement = Insert(f"INSERT INTO {name}".encode(), b"", table.format.encode(), table.data)
    await insert(engine, connection, statement, no_rows())


async def drop_external_table(engine: Engine, connection: Connection, table: External) -> None:
    """Drop it again: a session's connection lives on."""
    await engine.run(connection.raw.query, f"DROP TEMPORARY TABLE IF EXISTS {quote_identifier(table.name)}")


async def no_rows() -> AsyncIterator[bytes]:
    """A body without a byte."""
    no_chunks: tuple[bytes, ...] = ()
    for chunk in no_chunks:
        yield chunk
