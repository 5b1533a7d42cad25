"""What is taken out, in every position; and the quick way does what one does that always walks."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from ingest import spans
from ingest.addresses import truncate
from runtime.pseudonyms import pseudonym
from runtime.settings import DENIED_ATTRIBUTES
from tests.ingest.otlp.requests import CONSENTED, EXEMPT, POSITIONS, delivery, every_attribute, planted, text

SECRET = "s3cr3t"
DENIED = [name.replace("*", "sock.peer") for name in DENIED_ATTRIBUTES]


def kept(made: ExportTraceServiceRequest, **changes: Any) -> dict[str, AnyValue]:
    """The attributes that go to Kafka."""
    one = delivery(made.SerializeToString(), **changes)
    spans.take(one)
    sent = ExportTraceServiceRequest.FromString(spans.record(one).value)
    return {attribute.key: attribute.value for attribute in every_attribute(sent)}


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("name", DENIED)
def test_what_is_denied_is_dropped_wherever_it_stands(position: str, name: str) -> None:
    found = kept(planted(position, text(name, SECRET), text("kept", "as it is"), text(name, SECRET)))
    assert name not in found
    assert found["kept"].string_value == "as it is"
    assert found["http.route"].string_value == "/"


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("client.address", "203.0.113.77", "203.0.113.0"),
        ("client.address", "2001:db8:77:3::1", "2001:db8:77::"),
        ("client.address", "host.example.eu", None),
        ("client.address", "", None),
        ("user.id", "u-17", pseudonym(CONSENTED.pseudonym_key, "u-17")),
        ("enduser.id", "u-17", pseudonym(CONSENTED.pseudonym_key, "u-17")),
        ("session.id", "5d0f", "5d0f"),
    ],
)
def test_what_has_a_rule_is_rewritten_wherever_it_stands(
    position: str, name: str, value: str, expected: str | None
) -> None:
    found = kept(planted(position, text(name, value)))
    assert (found[name].string_value if name in found else None) == expected


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("name", ["user.id", "enduser.id", "session.id", "session.previous_id"])
@pytest.mark.parametrize("changes", [{"tenant": EXEMPT}, {"objects": True}])
def test_nothing_of_a_person_is_kept_where_nobody_may_be_known(
    position: str, name: str, changes: dict[str, Any]
) -> None:
    assert name not in kept(planted(position, text(name, "u-17")), **changes)


def test_a_user_id_may_be_an_integer_and_nothing_else() -> None:
    number = KeyValue(key="user.id", value=AnyValue(int_value=17))
    found = kept(planted("span", number))
    assert found["user.id"].string_value == pseudonym(CONSENTED.pseudonym_key, "17")
    for value in (AnyValue(bool_value=True), AnyValue(bytes_value=b"u"), AnyValue(array_value=ArrayValue())):
        assert "user.id" not in kept(planted("span", KeyValue(key="user.id", value=value)))


def test_nothing_of_a_rewritten_value_stays_in_unknown_fields() -> None:
    value = AnyValue.FromString(
        text("", SECRET).value.SerializeToString() + b"\x92\x03\x06" + SECRET.encode()
    )
    one = delivery(planted("span", KeyValue(key="user.id", value=value)).SerializeToString())
    spans.take(one)
    assert SECRET.encode() not in spans.record(one).value


def hidden(raw: bytes) -> bytes:
    """An encoded attribute as the attribute of a span that is otherwise valid."""

    def field(tag: int, content: bytes) -> bytes:
        assert len(content) < 128
        return bytes((tag, len(content))) + content

    span = field(0x0A, b"t" * 16) + field(0x12, b"s" * 8) + field(0x4A, raw)
    return field(0x0A, field(0x12, field(0x12, span)))


@pytest.mark.parametrize(
    "raw",
    [
        b"\x0a\x09user.name\x12\x08\x0a\x06s3cr3t",
        b"\x12\x08\x0a\x06s3cr3t\x0a\x09user.name",
        b"\x8a\x00\x09user.name\x12\x08\x0a\x06s3cr3t",
        b"\x8a\x80\x00\x09user.name\x12\x08\x0a\x06s3cr3t",
        b"\x0a\x89\x00user.name\x12\x08\x0a\x06s3cr3t",
        b"\x0a\x89\x80\x00user.name\x12\x08\x0a\x06s3cr3t",
        b"\x0a\x01x\x0a\x09user.name\x12\x08\x0a\x06s3cr3t",
        b"\x0a\x01x\x12\x1f\x32\x1d\x0a\x1b\x0a\x09user.name\x12\x08\x0a\x06s3cr3t\x9a\x03\x03abc",
        b"\x0a\x01x\x12\x1d\x10\x01\x32\x19\x0a\x17\x0a\x09user.name\x12\x0a\x0a\x08s3cr3tab",
    ],
)  # fmt: skip
def test_no_way_of_writing_it_hides_an_attribute(raw: bytes) -> None:
    one = delivery(hidden(raw))
    spans.take(one)
    assert SECRET.encode() not in spans.record(one).value


FORWARDED = "http.request.header.x-forwarded-for"
NAMES = st.sampled_from(
    (
        "x", "url.path", "client.address", "user.id", "enduser.id", "user.email", "url.full", "session.id",
        "net.peer.ip", "net.peer.name", "enduser.role", FORWARDED,
        "enduser." * 30,
    )
)  # fmt: skip
TEXTS = st.sampled_from(["", "u-17", "203.0.113.77", "\n\x09user.email", "\x12\x02*\x00", "2", "*" * 200])
VALUES: st.SearchStrategy[AnyValue] = st.recursive(
    st.builds(AnyValue, string_value=TEXTS)
    | st.builds(AnyValue, int_value=st.integers(-9, 9))
    | st.builds(AnyValue),
    lambda inner: st.builds(
        lambda values: AnyValue(array_value=ArrayValue(values=values)), st.lists(inner, max_size=3)
    )
    | st.builds(
        lambda pairs: AnyValue(kvlist_value=KeyValueList(values=pairs)),
        st.lists(st.builds(KeyValue, key=NAMES, value=inner), max_size=3),
    ),
    max_leaves=8,
)  # fmt: skip
PLANTS = st.lists(st.builds(KeyValue, key=NAMES, value=VALUES), max_size=4)


def judged(attributes: Any) -> None:
    """The plain oracle: every list of attributes, every time, as docs/reference/privacy.md says."""
    for index in reversed(range(len(attributes))):
        key, value = attributes[index].key, attributes[index].value
        known: str | None = value.string_value or (
            str(value.int_value) if value.HasField("int_value") else ""
        )
        if key == "client.address":
            known = truncate(known or "")
        elif key in ("user.id", "enduser.id"):
            known = known and pseudonym(CONSENTED.pseudonym_key, known)
        elif key.startswith(("user.", "url.full", "enduser.")) or key in ("net.peer.ip", FORWARDED):
            known = ""
        else:
            continue
        if known:
            attributes[index].value.CopyFrom(AnyValue(string_value=known))
        else:
            del attributes[index]
    for attribute in attributes:
        judged_within(attribute.value)


def judged_within(value: AnyValue) -> None:
    for one in value.array_value.values:
        judged_within(one)
    if value.HasField("kvlist_value"):
        judged(value.kvlist_value.values)


@settings(max_examples=300, deadline=None)
@given(st.tuples(*[PLANTS] * 5))
def test_the_quick_way_does_what_the_plain_one_does(plants: tuple[list[KeyValue], ...]) -> None:
    made = ExportTraceServiceRequest()
    for position, attributes in zip(POSITIONS, plants, strict=False):
        made.MergeFrom(planted(position, *attributes))
    one = delivery(made.SerializeToString())
    for step in spans.STEPS[:-1]:
        step(one)
    for resource_spans in made.resource_spans:
        judged(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            judged(scope_spans.scope.attributes)
            for span in scope_spans.spans:
                for holder in (span, *span.events, *span.links):
                    judged(holder.attributes)
    assert one.request == made
