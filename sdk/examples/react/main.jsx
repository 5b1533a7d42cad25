import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.jsx";
import { startTelemetry } from "./telemetry.js";

const { endpoint } = document.body.dataset;
startTelemetry({ key: "pk_demo", endpoint, release: "2026.11.2", user: "u-17" });
createRoot(document.getElementById("root")).render(<StrictMode><App /></StrictMode>);
