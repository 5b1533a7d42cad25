import { watchVitals } from "./vitals";

// The core has loaded this file, so it is there.
watchVitals(window.sillage!.vital);
