/** What Atelier's pages ask of its back end, and where a developer sees what that did. */

/**
 * Ask, and give whether it was done and the id of its trace.
 *
 * Nothing is said here of traces: the SDK adds `traceparent`. Baggage says who asks, as a login would; whoever
 * objects to being known is left out of it.
 */
export async function ask(path) {
  const session = window.sillage?.session();
  const known = session && !navigator.globalPrivacyControl;
  const headers = known ? { baggage: `user.id=u-17,session.id=${session}` } : {};
  try {
    const answer = await fetch(path, { method: "POST", headers });
    const { done, trace_id } = await answer.json();
    return { done, trace: trace_id };
  } catch {
    return { done: false };
  }
}

/** Show the command that leads to a trace. */
export function showTrace(section, { done, trace }) {
  section.hidden = !trace;
  section.classList.toggle("failed", !done);
  const [title, text, line] = section.children;
  const [code, copy] = line.children;
  title.textContent = done ? "What your click set off" : "Where did it fail?";
  text.textContent = done
    ? "Two services and a database took part. Their trace:"
    : "Somewhere behind this page. Its trace leads to the span that failed:";
  code.textContent = `${document.body.dataset.sillage} traces show ${trace}`;
  copy.textContent = "Copy";
  section.scrollIntoView({ block: "nearest" });
  copy.onclick = () =>
    navigator.clipboard.writeText(code.textContent).then(
      () => (copy.textContent = "Copied"),
      () => getSelection().selectAllChildren(code), // the browser forbids it: ready to be copied by hand
    );
}
