"""The demo as the supervisor gets it."""

from local.demo.parts import parts
from local.ports import Ports

KEY = "sk_demo_0123"


def test_the_services_know_each_other_and_where_their_spans_go() -> None:
    found = {part.name: part for part in parts(Ports(9000), {"PATH": "/bin"}, 5.0, KEY)}
    assert found["demo"].argv[-5:-2] == ["9003", "http://127.0.0.1:9000", "http://127.0.0.1:9007"]
    assert found["billing"].argv[-1] == "9007"
    for part, service in (("demo", "atelier-web"), ("billing", "atelier-billing")):
        environ = found[part].environ
        assert environ["PATH"] == "/bin"
        assert environ["OTEL_SERVICE_NAME"] == service
        assert environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] == "http://127.0.0.1:9000/v1/traces"


def test_the_secret_key_is_given_to_the_services_alone_and_in_no_command_line() -> None:
    found = parts(Ports(9000), {}, 5.0, KEY)
    assert not any(KEY in argument for part in found for argument in part.argv)
    knowing = [part.name for part in found if any(KEY in value for value in part.environ.values())]
    assert knowing == ["demo", "billing"]
