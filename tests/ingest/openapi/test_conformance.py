"""Schemathesis asks a running collector, in all ways that the document allows and forbids."""

from collections.abc import Iterator

import pytest
import requests
import schemathesis
from schemathesis import Case
from schemathesis.checks import negative_data_rejection
from schemathesis.config import SchemathesisConfig

from ingest.openapi.document import document
from tests.conftest import Stack
from tests.ingest.openapi.asking import compressing, give_keys, what_is_wrong_is_told

CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 20261125,
        "generation": {"max-examples": 40, "deterministic": True},
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "304", "403"]}},
    }
)
SCHEMA = schemathesis.openapi.from_dict(document(), config=CONFIG)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with compressing() as session:
        yield session


@SCHEMA.parametrize()
def test_it_keeps_to_the_document(case: Case, stack: Stack, session: requests.Session) -> None:
    give_keys(case, stack)
    case.call_and_validate(
        base_url=stack.collector_url,
        session=session,
        excluded_checks=[negative_data_rejection],
        additional_checks=[what_is_wrong_is_told],
    )
