/** What the files apart from the core hold, by name; the build puts it in. */
declare const INTEGRITY: Record<"vitals" | "debug", string>;

/**
 * Load a part of the SDK from the collector, if the page's Content-Security-Policy lets it.
 *
 * Its hash is known here, so that a page that checks this file's integrity checks the part's too.
 */
export function loadPart(name: keyof typeof INTEGRITY, endpoint: string, nonce: string): void {
  try {
    const script = document.createElement("script");
    const integrity = INTEGRITY[name];
    const hash = integrity.slice(7, 15).replace(/\W/g, "_"); // as build.mjs does
    const src = trusted(`${endpoint.replace(/\/$/, "")}/sdk/sillage-${name}-${hash}.js`);
    Object.assign(script, { integrity, nonce, crossOrigin: "", src });
    document.head.append(script);
  } catch {
    // The page has Trusted Types and does not know the policy "sillage": it goes without this part.
  }
}

interface Policy {
  createScriptURL(url: string): string;
}

let policy: Policy | undefined;

/** Where the page demands Trusted Types, say that the address is ours. */
function trusted(url: string): string {
  const { trustedTypes } = window as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } };
  policy ??= trustedTypes?.createPolicy("sillage", { createScriptURL: (same) => same });
  return policy?.createScriptURL(url) ?? url;
}
