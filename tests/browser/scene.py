"""A site, a browser profile, and the real collector behind a gate that can be shut, cut, or talk nonsense."""

from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Page

from tests.browser.ledger import REMEMBER_CAPTURED, Ledger
from tests.browser.servers import Answer, Collector

GONE: Answer = (0, {})
MANY = 1_000


@dataclass
class Scene:
    """What a scenario plays in."""

    context: BrowserContext
    site: str
    gate: Collector
    ledger: Ledger

    def open(self, path: str = "/invoices/42", page: Page | None = None) -> Page:
        """A tab that shows a page of the site, with the SDK in it."""
        page = page or self.context.new_page()
        page.add_init_script(REMEMBER_CAPTURED)
        page.goto(self.site + path)
        self.ledger.note(page)
        return page

    def break_down(self) -> None:
        """From now on the collector cuts every connection."""
        self.gate.answers = [GONE] * MANY

    def repair(self) -> None:
        """It answers again."""
        self.gate.answers = []

    def flush(self, page: Page) -> None:
        """Have what waits tried once, and kept where it cannot be delivered."""
        page.evaluate("sillage.flush()")

    def come_back(self, page: Page) -> None:
        """The browser says that the network is there again, which cuts the back-off short."""
        page.evaluate("dispatchEvent(new Event('online'))")

    def deliver_what_is_left(self) -> None:
        """The person visits the site again."""
        self.flush(self.open("/again"))
        self.ledger.settle()
