"""Every position in which an attribute can stand, and what the rules do there."""

from collections.abc import Iterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from ingest.addresses import truncate
from ingest.otlp.nested import KeyValues, lists_within, may_nest
from ingest.otlp.rules import AttributeRules, Rule
from runtime.pseudonyms import pseudonym


def positions(request: ExportTraceServiceRequest) -> Iterator[KeyValues]:
    """The attributes of every resource, scope, span, event and link; not what nests in their values."""
    for resource_spans in request.resource_spans:
        yield resource_spans.resource.attributes
        for scope_spans in resource_spans.scope_spans:
            yield scope_spans.scope.attributes
            for span in scope_spans.spans:
                yield span.attributes
                for event in span.events:
                    yield event.attributes
                for link in span.links:
                    yield link.attributes


class Minimiser:
    """Applies a tenant's rules to one request."""

    def __init__(self, rules: AttributeRules, pseudonym_key: bytes) -> None:
        self._rules, self._key = rules.of, pseudonym_key
        self._pseudonyms: dict[str, str] = {"": ""}
        self.dropped = 0
        self.is_changed = False

    def minimise(self, request: ExportTraceServiceRequest) -> bytes:
        """Apply the rules in every position; gives what is left, in protobuf's bytes."""
        for attributes in positions(request):
            self._apply(attributes)
        left: bytes = request.SerializeToString()
        # protobuf writes a value's kind first, wherever the client had written it: so nothing hides here.
        if not may_nest(left):
            return left
        for attributes in positions(request):
            for attribute in attributes:
                for nested in lists_within(attribute.value):
                    self._apply(nested)
        return bytes(request.SerializeToString())

    def _apply(self, attributes: KeyValues) -> None:
        doomed, rules = [], self._rules
        for index, attribute in enumerate(attributes):
            if rule := rules[attribute.key]:
                self.is_changed = True
                if rule is Rule.DROP or not self._rewrite(attribute.value, rule):
                    doomed.append(index)
        for index in reversed(doomed):
            del attributes[index]
        self.dropped += len(doomed)

    def _rewrite(self, value: AnyValue, rule: Rule) -> bool:
        """Put what may be known in its place; false where nothing of it may be."""
        text = _text(value)
        if text is None:
            return False
        known = truncate(text) if rule is Rule.TRUNCATE else self._pseudonym(text)
        value.Clear()  # of unknown fields too
        value.string_value = known
        return bool(known)

    def _pseudonym(self, user: str) -> str:
        if user not in self._pseudonyms:
            self._pseudonyms[user] = pseudonym(self._key, user)
        return self._pseudonyms[user]


def _text(value: AnyValue) -> str | None:
    """A text, or an integer as its digits: of a user id both are the same user's."""
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return str(value.int_value)
        case _:
            return None
