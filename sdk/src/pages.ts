import { withoutQuery } from "./event";

/** The page that the last view was of; undefined before the first. */
let previous: string | undefined;

/** Give the address that led to the view recorded now: the page shown before it, or what the browser says. */
export function referrerOfView(): string {
  const here = withoutQuery(location.href);
  const from = previous ?? withoutQuery(document.referrer);
  previous = here;
  return from === here ? "" : from;
}

/** Give the path of the page that is shown, with its route where that is in the fragment. */
export function currentPath(): string {
  return withoutQuery(location.pathname + location.hash);
}

/**
 * Call `viewed` for the page as it loads and each time it shows another path.
 *
 * Applications that draw their pages themselves announce them through the History API. A change of query
 * or fragment alone is no new page, unless the fragment is a route; a page that comes back from the
 * back/forward cache is. A page that is rendered before the person asks for it is viewed once they do.
 */
export function watchPages(viewed: () => void): void {
  let path: string | undefined;
  const check = (): void => {
    if (currentPath() === path || (document as { prerendering?: boolean }).prerendering) return;
    path = currentPath();
    viewed();
  };

  check();
  for (const method of ["pushState", "replaceState"] as const) {
    const original = history[method];
    history[method] = function (...args) {
      original.apply(this, args);
      check();
    };
  }
  addEventListener("popstate", check);
  document.addEventListener("prerenderingchange", check);
  addEventListener("pageshow", (event) => {
    if (event.persisted) viewed();
  });
}
