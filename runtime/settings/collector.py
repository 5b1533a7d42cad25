"""Settings of the collector."""

from dataclasses import dataclass
from pathlib import Path

from runtime.settings.declaring import setting
from runtime.settings.denied import DENIED_ATTRIBUTES, DENIED_PROPERTIES
from runtime.settings.parts import ProcessSettings, TenantSettings
from runtime.settings.servers import KafkaSettings, SchemaRegistrySettings


@dataclass(frozen=True, kw_only=True)
class CollectorSettings(ProcessSettings, KafkaSettings, SchemaRegistrySettings, TenantSettings):
    """Settings of `sillage collector`."""

    collector_host: str = setting("Address that the collector listens on.", "127.0.0.1")
    collector_port: int = setting("Port that the collector listens on.", 8080, at_least=1)
    tls_certificate_file: Path | None = setting(
        "PEM file of the certificate and its chain: the collector speaks TLS. Without it, HTTP.", None
    )
    tls_key_file: Path | None = setting(
        "PEM file of the certificate's private key, when it is not in the same file.", None
    )
    trusted_proxies: tuple[str, ...] = setting(
        "Networks of proxies that are believed who the client is, separated by commas.", ()
    )
    forwarded_header: str = setting(
        "The header in which they name the client: the other one is never read.",
        "x-forwarded-for",
        one_of=("x-forwarded-for", "forwarded"),
    )
    query_parameters: tuple[str, ...] = setting(
        "Query parameters of pages and referrers that are kept; `*` stands for any text.", ("utm_*",)
    )
    denied_properties: tuple[str, ...] = setting(
        "Properties that are dropped, by the words of their names; `*` stands for any text.",
        DENIED_PROPERTIES,
    )
    denied_attributes: tuple[str, ...] = setting(
        "Attributes of spans that are dropped, by their exact names; `*` stands for any text.",
        DENIED_ATTRIBUTES,
    )
    mask_emails: str = setting(
        "Whether what looks like an e-mail address is masked: `on` or `off`.", "on", one_of=("on", "off")
    )
    ack_timeout_ms: int = setting(
        "Longest wait for Kafka's acknowledgement; then the record goes into the spool.", 5_000, at_least=100
    )
    spool_dir: Path | None = setting(
        "Directory on a local disk that keeps records while Kafka is away; empty: a 503 is the answer then.",
        None,
    )
    spool_max_bytes: int = setting("Largest size of the spool's file.", 4 << 30, at_least=1 << 20)
    spool_max_age_hours: int = setting(
        "Hours after which a record in the spool is lost; Kafka's consumers refuse what is older than 336.",
        168,
        at_least=1,
    )
    max_connections: int = setting("Open connections of one process at most.", 10_000, at_least=1)
    max_connections_per_address: int = setting(
        "Open connections of one process from one address that is no trusted proxy, at most.",
        500,
        at_least=1,
    )
    max_waiting_requests: int = setting(
        "Requests of one process that wait for their answer at most; one more is refused with 503.",
        10_000,
        at_least=1,
    )
    max_traces_body_bytes: int = setting(
        "Bytes of a body of traces at most, unpacked too; a larger one is refused with 413. Not more than"
        " SILLAGE_MAX_BODY_BYTES_IN_MEMORY are taken.",
        20 << 20,
        at_least=1_000_000,
    )
    max_body_bytes_in_memory: int = setting(
        "Bytes of unfinished bodies that one process holds at most; more are refused with 503.",
        64 << 20,
        at_least=1 << 20,
    )
    head_timeout_ms: int = setting(
        "Longest time for a request's line and headers to come, before a 408.", 10_000, at_least=100
    )
    body_timeout_ms: int = setting(
        "Longest time for a request's body to come, before a 408.", 30_000, at_least=100
    )
    idle_timeout_ms: int = setting(
        "Longest time that a connection stays open without a request.", 75_000, at_least=100
    )
    address_requests_per_second: int = setting(
        "Requests a second from one IPv4 address or IPv6 /64 network, per process; 0 is no limit.", 1_000
    )
    tenant_requests_per_second: int = setting(
        "Requests a second with one tenant's keys, per process, unless its own limit says otherwise;"
        " 0 is no limit.",
        0,
    )
