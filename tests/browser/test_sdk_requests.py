"""A request that carries `traceparent` is otherwise what the page made it; the oracle is the page without."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.product import Product, serve_product
from tests.browser.servers import Collector

pytestmark = pytest.mark.timeout(300)  # the first browser test may have to install Chromium

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CALLS = {
    "an address": "fetch('/api/x')",
    "an address and null": "fetch('/api/x', null)",
    "a URL": "fetch(new URL('/api/x?q=1#part', location.href))",
    "a relative address": "fetch('../api/x')",
    "an object with an address": "fetch({ toString: () => '/api/x' })",
    "a missing page": "fetch('/api/missing')",
    "headers in an object": "fetch('/api/x', { headers: { 'X-One': '1', Accept: 'text/plain' } })",
    "headers in pairs": "fetch('/api/x', { headers: [['x-one', '1'], ['x-one', '2']] })",
    "headers from a generator": "fetch('/api/x', { headers: (function* () { yield ['x-one', '1'] })() })",
    "a text": "fetch('/api/x', { method: 'POST', body: 'text' })",
    "a form": "fetch('/api/x', { method: 'PUT', body: new URLSearchParams({ a: 'é' }) })",
    "a blob": "fetch('/api/x', { method: 'POST', body: new Blob(['b'], { type: 'image/png' }) })",
    "JSON kept alive": "fetch('/api/x', { method: 'POST', body: '{}', keepalive: true, priority: 'low' })",
    "a Request": "fetch(new Request('/api/x', { method: 'POST', body: 'r', headers: { 'x-one': '1' } }))",
    "a Request with options": "fetch(new Request('/api/x', { headers: { a: '1' } }), { headers: { b: '' } })",
    "a Request with a referrer": "fetch(new Request('/api/x', { referrer: '/f', referrerPolicy: 'origin' }))",
    "a Request as options": "fetch('/api/x', new Request('/y', { method: 'PUT', headers: { a: '1' } }))",
    "options with getters": "fetch('/api/x', new (class { get method() { return 'DELETE' } })())",
    "a used Request": "(async () => { const r = new Request('/api/x', { method: 'POST', body: 'r' });"
    " await fetch(r); const used = r.bodyUsed; return fetch(r).catch((e) => { throw [used, e.name] }) })()",
    "an aborted signal": "fetch('/api/x', { signal: AbortSignal.abort(new RangeError('no')) })",
    "an aborted Request": "fetch(new Request('/api/x', { signal: AbortSignal.abort() }))",
    "no body allowed": "fetch('/api/x', { body: 'x' })",
    "a bad header": "fetch('/api/x', { headers: { 'bad name': '1' } })",
    "nothing": "fetch()",
    "no address": "fetch('http://[')",
    "no CORS": "fetch('/api/x', { mode: 'no-cors' })",
    "a blob's address": "fetch(URL.createObjectURL(new Blob(['here'])))",
    "data": "fetch('data:text/plain,here')",
    "a Request of a frame": "fetch(new (document.body.appendChild(document.createElement('iframe'))"
    ".contentWindow.Request)('/api/x', { headers: { 'x-one': '1' } }))",
    "XHR": "xhr((x) => { x.open('POST', '/api/x'); x.setRequestHeader('X-One', '1'); x.send('text') })",
    "XHR twice": "xhr((x) => { x.open('GET', '/api/y'); x.open('GET', '/api/x'); x.send() })",
    "XHR unopened": "xhr((x) => x.send())",
    "XHR to nowhere": "xhr((x) => x.open('GET', 'http://['))",
    "XHR sent twice": "xhr((x) => { x.open('GET', '/api/x'); x.send(); try { x.send() } catch {} })",
}
RUN = """async (call) => {
    const xhr = (use) => new Promise((resolve) => {
        const made = new XMLHttpRequest();
        made.onload = () => resolve({ status: made.status, url: "", text: () => made.response });
        use(made);
    });
    try {
        const answer = await eval(call);
        return [answer.status, answer.type, answer.url.replace(/^blob:.*/, ""), await answer.text()];
    } catch (error) {
        return String(error.name ?? error);
    }
}"""


def outcome(page: Page, product: Product, call: str) -> tuple[Any, list[tuple[Any, ...]]]:
    """What a call gives the page, and what the server was asked by it."""
    product.asked.clear()
    page.goto(f"{product.url}/pages/one")
    given = page.evaluate(RUN, call)
    asked = [
        (
            one.method,
            one.path,
            one.body,
            {name: value.replace(product.url, "") for name, value in one.headers.items() if name != "host"},
        )
        for one in product.asked
    ]
    return [part.replace(product.url, "") if isinstance(part, str) else part for part in given], asked


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_request_is_as_it_would_be_without_the_sdk(call: str, page: Page, collector: Collector) -> None:
    with (
        serve_product(collector.url, 'data-traces="off"') as without,
        serve_product(collector.url) as with_it,
    ):
        expected = outcome(page, without, call)
        given, asked = outcome(page, with_it, call)
    for *_, headers in asked:
        headers.pop("traceparent", None)
    assert (given, asked) == expected


@pytest.mark.parametrize(
    "call",
    [
        f"fetch('/api/x', {{ headers: {{ TraceParent: '{GIVEN}' }} }})",
        f"fetch('/api/x', {{ headers: new Headers([['traceparent', '{GIVEN}']]) }})",
        f"fetch(new Request('/api/x', {{ headers: {{ traceparent: '{GIVEN}' }} }}))",
        f"xhr((x) => {{ x.open('GET', '/api/x'); x.setRequestHeader('Traceparent', '{GIVEN}'); x.send() }})",
    ],
)
def test_what_the_page_says_itself_stands(call: str, page: Page, collector: Collector) -> None:
    with serve_product(collector.url) as product:
        page.goto(product.url)
        page.evaluate(RUN, call)
    assert product.only("/api/x").headers["traceparent"] == GIVEN


MARKED = [name for name in CALLS if name.startswith(("a Request", "JSON", "XHR", "headers", "a URL"))]


@pytest.mark.parametrize("name", [name for name in MARKED if name not in ("XHR unopened", "XHR to nowhere")])
def test_whichever_way_it_is_made_it_carries_traceparent(name: str, page: Page, collector: Collector) -> None:
    with serve_product(collector.url) as product:
        page.goto(product.url)
        page.evaluate(RUN, CALLS[name])
    is_foreign = name == "a Request of a frame"  # another window's: left as it is
    assert all(("traceparent" in request.headers) is not is_foreign for request in product.asked)
    assert product.asked
