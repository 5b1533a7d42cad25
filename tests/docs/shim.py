"""`sillage` on a reader's desk: waits until what was sent is stored, and tells a verdict from an error.

A command that has found something wrong ends with 1, as it says; on a page that is a run that went well. One
that could not do what was asked, or was typed wrongly, is not.
"""

import os
import sys
import time

import click

from cli import main
from runtime.kafka import Admin
from runtime.positions import positions
from runtime.settings import KafkaSettings, load, with_stack
from schemas.topics import USAGE


def run() -> None:
    client = Admin(load(KafkaSettings, with_stack(os.environ)))
    while any(at.lag for at in positions(client, "sillage", [USAGE.name]).values()):
        time.sleep(0.05)
    try:
        main.main(prog_name="sillage", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SystemExit as ended:
        sys.exit(0 if ended.code == 1 else ended.code)


if __name__ == "__main__":
    run()
