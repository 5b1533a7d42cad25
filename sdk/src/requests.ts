const HEADER = "traceparent";

/**
 * Add `traceparent` to the requests that the page makes from now on, by `fetch` and XMLHttpRequest.
 *
 * Only to addresses that `traced` names, and never over one that is there. Otherwise each request stays what
 * the page made it: what goes wrong here leaves it as it was.
 */
export function markRequests(traced: (address: string) => boolean, traceparent: () => string): void {
  markFetch(traced, traceparent);
  markXhr(traced, traceparent);
}

type FetchArguments = [input: RequestInfo | URL, init?: RequestInit | undefined];

function markFetch(traced: (address: string) => boolean, traceparent: () => string): void {
  const original = window.fetch;

  const mark = (headers: Headers): Headers => {
    if (!headers.has(HEADER)) headers.set(HEADER, traceparent());
    return headers;
  };

  const marked = (given: FetchArguments): FetchArguments => {
    const [input, init] = given;
    const isAddress = typeof input === "string" || input instanceof URL;
    const address = isAddress ? new URL(input, document.baseURI).href : input instanceof Request && input.url;
    if (!address || !traced(address)) return given;
    // Plain options are copied, so that whoever wrapped `fetch` before sees an address as the page gave it.
    const isPlain = !init || Object.getPrototypeOf(init) === Object.prototype;
    if (isAddress && isPlain) return [input, { ...init, headers: mark(new Headers(init?.headers)) }];
    // A copy takes the body over as `fetch` itself would, and keeps what options would reset (referrer).
    const request = new Request(input, init);
    mark(request.headers);
    return [request];
  };

  window.fetch = function (this: Window, ...given: FetchArguments) {
    return original.apply(this, attempt(() => marked(given)) ?? given);
  };
}

function markXhr(traced: (address: string) => boolean, traceparent: () => string): void {
  const xhr = XMLHttpRequest.prototype;
  const { open, setRequestHeader, send } = xhr;
  /** Opened requests that are still to be marked. */
  const unmarked = new WeakSet<XMLHttpRequest>();

  xhr.open = function (this: XMLHttpRequest, ...given: unknown[]) {
    (open as (...given: unknown[]) => void).apply(this, given);
    attempt(() => {
      unmarked.delete(this);
      if (traced(new URL(given[1] as string, document.baseURI).href)) unmarked.add(this);
    });
  };
  xhr.setRequestHeader = function (name, value) {
    setRequestHeader.call(this, name, value);
    if (String(name).toLowerCase() === HEADER) unmarked.delete(this);
  };
  xhr.send = function (body) {
    if (unmarked.delete(this)) attempt(() => setRequestHeader.call(this, HEADER, traceparent()));
    send.call(this, body);
  };
}

function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined; // the browser itself says what is wrong with the page's request
  }
}
