import { keep, recall } from "./keep";

const KEY = "sillage.consent";
let isRequired = false;

/** Have nothing captured before the person has agreed once. */
export function requireConsent(): void {
  isRequired = true;
}

/** Keep the person's word, for all tabs and later visits. */
export function setConsent(word: "in" | "out"): void {
  keep("localStorage", KEY, word, true);
}

/** Tell whether events may be captured now: another tab may have changed it a moment ago. */
export function mayCapture(): boolean {
  const word = recall("localStorage", KEY);
  return word ? word === "in" : !isRequired;
}

/** Tell whether the person objects by Global Privacy Control: then nothing ties one event to another. */
export function objects(): boolean {
  return !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
}
