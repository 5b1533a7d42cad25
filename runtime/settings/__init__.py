"""Settings: one frozen dataclass a process, read once from `SILLAGE_…` variables, strictly.

A setting that no process knows, or a value of the wrong shape, stops the start with the name of the
setting and what was expected. `docs/reference/settings.md` lists them all; a test holds that list.
"""

from runtime.settings.collector import CollectorSettings
from runtime.settings.declaring import PREFIX, SettingError, setting, variable
from runtime.settings.denied import DENIED_ATTRIBUTES, DENIED_PROPERTIES
from runtime.settings.parts import (
    OperatorSettings,
    ProcessSettings,
    RetentionSettings,
    StateSettings,
    TenantSettings,
)
from runtime.settings.processes import (
    PROCESSES,
    ConsumerSettings,
    JobSettings,
    MigrateSettings,
    PrivacySettings,
    QuerySettings,
    known,
)
from runtime.settings.reading import ADDRESSES, load
from runtime.settings.servers import ClickHouseSettings, KafkaSettings, SchemaRegistrySettings
from runtime.settings.stack_file import STACK_FILE, with_stack, write_stack

__all__ = [
    "ADDRESSES",
    "DENIED_ATTRIBUTES",
    "DENIED_PROPERTIES",
    "PREFIX",
    "PROCESSES",
    "STACK_FILE",
    "ClickHouseSettings",
    "CollectorSettings",
    "ConsumerSettings",
    "JobSettings",
    "KafkaSettings",
    "MigrateSettings",
    "OperatorSettings",
    "PrivacySettings",
    "ProcessSettings",
    "QuerySettings",
    "RetentionSettings",
    "SchemaRegistrySettings",
    "SettingError",
    "StateSettings",
    "TenantSettings",
    "known",
    "load",
    "setting",
    "variable",
    "with_stack",
    "write_stack",
]
