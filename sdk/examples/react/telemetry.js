// One module of the application starts the SDK, once, before anything is drawn.

import { identify, init, vital } from "sillage";

export function startTelemetry({ key, endpoint, release, user }) {
  identify(user); // first: `init` records the first view
  init({ key, endpoint, release });
  import("sillage/vitals").then(({ watchVitals }) => watchVitals(vital));
}
