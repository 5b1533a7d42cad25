// Nothing is needed for page views: any router that uses the History API is seen by the SDK.

import { Component, useSyncExternalStore } from "react";
import { error, track } from "sillage";

/** Reports what its children throw while they are drawn, which React keeps from the browser. */
export class Reported extends Component {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  componentDidCatch(thrown, { componentStack }) {
    error(thrown, { component: componentStack.trim().split("\n")[0] });
  }

  render() {
    return this.state.failed ? <p>Something went wrong.</p> : this.props.children;
  }
}

function navigate(path) {
  history.pushState(null, "", path);
  dispatchEvent(new Event("navigated"));
}

function usePath() {
  const subscribe = (changed) => {
    addEventListener("navigated", changed);
    return () => removeEventListener("navigated", changed);
  };
  return useSyncExternalStore(subscribe, () => location.pathname);
}

function Invoice({ number }) {
  if (number === "none") throw new RangeError("no such invoice");
  return (
    <>
      <h1>Invoice {number}</h1>
      {/* Recorded without a line of code, with its properties. */}
      <button id="send" data-sillage-action="invoice.sent" data-sillage-plan="pro">Send</button>
      {/* Recorded where more is to be said. */}
      <button id="pay" onClick={() => track("invoice.paid", { number: Number(number) })}>Pay</button>
    </>
  );
}

export function App() {
  const path = usePath();
  return (
    <Reported key={path}>
      <button id="next" onClick={() => navigate("/invoices/43")}>Next</button>
      <button id="missing" onClick={() => navigate("/invoices/none")}>Missing</button>
      <Invoice number={path.split("/").pop()} />
    </Reported>
  );
}
