import { watchVitals } from "./vitals";

if (window.sillage) watchVitals(window.sillage.vital);
