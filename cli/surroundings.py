"""Where the parts of the pipeline are, for the commands that look at all of them."""

import functools
import os
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clickhouse_connect.driver.client import Client

from consumers.writer_schemas import WriterSchemas
from local.ports import Ports
from runtime import clickhouse
from runtime.kafka import Admin
from runtime.schema_registry import schema_registry
from runtime.settings import (
    STACK_FILE,
    CollectorSettings,
    ConsumerSettings,
    StateSettings,
    load,
    setting,
    with_stack,
)

_TIMEOUT = 5.0


@dataclass(frozen=True, kw_only=True)
class WatchSettings(CollectorSettings, ConsumerSettings, StateSettings):
    """Settings of the commands that look at everything; tenants are not needed to look."""

    tenants_file: Path = setting("TOML file of tenants.", Path())
    pseudonym_keys_file: Path = setting("TOML file of pseudonym keys.", Path())


@dataclass(frozen=True)
class Surroundings:
    """The environment, completed by that of a stack on `data_dir`, and ways to the parts that it names."""

    environ: Mapping[str, str]
    data_dir: Path

    @classmethod
    def find(cls, data_dir: Path) -> "Surroundings":
        """Those of this process."""
        return cls(with_stack(os.environ, data_dir), data_dir)

    @functools.cached_property
    def settings(self) -> WatchSettings:
        """Raises SettingError."""
        return load(WatchSettings, self.environ)

    @functools.cached_property
    def clickhouse(self) -> Client:
        """Raises ClickHouseUnreachable, or clickhouse_connect's errors for what the server answers."""
        return clickhouse.connect(self.settings)

    @functools.cached_property
    def server(self) -> Client:
        """ClickHouse without Sillage's database, which may not exist yet; raises as `clickhouse` does."""
        return clickhouse.connect(self.settings, database="system")

    @functools.cached_property
    def kafka(self) -> Admin:
        """Made without asking Kafka anything."""
        return Admin(self.settings, quiet=True)

    def writer_schemas(self) -> WriterSchemas:
        """Those that records in Kafka were written with."""
        return WriterSchemas(self.settings, schema_registry(self.settings))

    @property
    def collector_url(self) -> str:
        """Where the collector listens."""
        return f"http://{self.settings.collector_host}:{self.settings.collector_port}"

    @property
    def metrics_url(self) -> str | None:
        """The page of metrics, if it is known where: `sillage up` has it at a fixed distance."""
        port = self.settings.admin_port
        if not port and (self.data_dir / STACK_FILE).exists():
            port = Ports(self.settings.collector_port).admin
        return f"http://{self.settings.admin_host}:{port}/metrics" if port else None

    def get(self, path: str) -> bytes:
        """The collector's answer; OSError for none, or for any status but 2xx."""
        with urllib.request.urlopen(self.collector_url + path, timeout=_TIMEOUT) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content
