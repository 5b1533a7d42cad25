"""What every command that runs a process does first, and how it ends when it cannot run."""

import os
from collections.abc import Callable

import click
from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException

from consumers.errors import StopConsuming
from consumers.reconciliation.repair import GroupInUse
from privacy.errors import PrivacyRefused
from runtime.clickhouse import ClickHouseUnreachable
from runtime.cluster.words import ClusterRefused
from runtime.logging import configure
from runtime.operators import OperatorRefused
from runtime.schema_registry import RegistryAway, RegistryRefused
from runtime.settings import SettingError
from runtime.topics import TopicsNotReady
from sql.rights import NoRole
from sql.runner import MigrationRefused

EXPECTED = (
    SettingError,
    TopicsNotReady,
    MigrationRefused,
    StopConsuming,
    GroupInUse,
    ClickHouseUnreachable,
    ClickHouseError,
    KafkaException,
    RegistryAway,
    RegistryRefused,
    OperatorRefused,
    PrivacyRefused,
    ClusterRefused,
    NoRole,
)
"""What an operator can mend: told in a sentence, without a traceback."""


def start(name: str, run: Callable[[], None], log_level: str = "info") -> None:
    """Run a process; what an operator can mend ends it with a sentence and exit code 1."""
    configure(name, os.environ.get("SILLAGE_LOG_LEVEL", log_level))
    try:
        run()
    except EXPECTED as error:
        raise click.ClickException(str(error)) from error
