"""docs/how-to/back-ends.md: its program does what it says."""

import os
import re
import subprocess
import sys

from tests.conftest import ROOT
from tests.sdk_python.collector import Collector
from tests.sdk_python.conftest import KEY

GUIDE = (ROOT / "docs" / "how-to" / "back-ends.md").read_text()


def test_the_program_of_the_guide_delivers_its_event_and_ends(collector: Collector) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    environ = os.environ | {"COLLECTOR_URL": collector.url, "COLLECTOR_KEY": KEY}
    subprocess.run([sys.executable, "-W", "error", "-c", program], env=environ, check=True, timeout=60)
    (event,) = collector.batches[0]["events"]
    assert (event["name"], event["user"]) == ("invoice.sent", "u-17")
    assert event["properties"] == {"plan": "pro", "seats": 12, "trial": False}
