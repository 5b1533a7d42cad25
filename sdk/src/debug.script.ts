import { showOverlay } from "./debug";

showOverlay();
