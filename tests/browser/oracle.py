"""What the page itself knows of its events, to hold against what arrived."""

from playwright.sync_api import Page

REMEMBER_SENT = """
    const send = window.fetch;
    window.fetch = (url, request) => {
        const sent = JSON.parse(localStorage.getItem("sent") ?? "[]");
        const ids = JSON.parse(request.body).events.map((event) => event.id);
        localStorage.setItem("sent", JSON.stringify([...sent, ...ids]));
        return send(url, request);
    };
"""
"""Run before the SDK, this notes the ids of all events that the page tries to send, beyond its own end."""


def sent_from(page: Page, site: str) -> list[str]:
    """Give the ids that pages of `site` noted; leads `page` to a page without the SDK."""
    page.goto(f"{site}/blank")
    ids: list[str] = page.evaluate("JSON.parse(localStorage.getItem('sent'))")
    return ids
