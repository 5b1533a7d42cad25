from pathlib import Path

from ingest.refusals import EventRefusal, Refusal, SpanRefusal

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "refusals.md").read_text()


def test_every_refusal_is_in_the_reference_with_its_remedy() -> None:
    for refusal in Refusal:
        row = f"| `{refusal.code}` | {int(refusal.status)} | {refusal.message} | {refusal.remedy} |"
        assert row in REFERENCE
    for reason in (*EventRefusal, *SpanRefusal):
        assert f"| `{reason}` | {reason.message} |" in REFERENCE
