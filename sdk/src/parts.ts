/** Files apart from the core, by name; the build puts in what they are called and hold. */
declare const PARTS: Record<"vitals" | "debug", { file: string; integrity: string }>;

/**
 * Load a part of the SDK from the collector, if the page's Content-Security-Policy lets it.
 *
 * Its hash is known here, so that a page that checks this file's integrity checks the part's too.
 */
export function loadPart(name: keyof typeof PARTS, endpoint: string, nonce: string): void {
  try {
    const script = document.createElement("script");
    const { file, integrity } = PARTS[name];
    const src = trusted(`${endpoint.replace(/\/$/, "")}/sdk/${file}`);
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
