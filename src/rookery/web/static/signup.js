// The form to join: while somebody types, a worker looks for the answer to the task; the form waits for it at the end.
// Without this script the form works too, and a person looks at the request first.
// @ts-check
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-task]"));
if (form && window.Worker) {
  const answer = /** @type {HTMLInputElement} */ (form.elements.namedItem("work"));
  const note = form.querySelector(".working");
  const types = /** @type {any} */ (window).trustedTypes;
  const policy = types && types.createPolicy("work", { createScriptURL: (/** @type {string} */ url) => url });
  /** @type {Promise<void> | undefined} */
  let working;

  const work = () =>
    (working ??= new Promise((done) => {
      const url = form.dataset.worker || "";
      const worker = new Worker(policy ? policy.createScriptURL(url) : url);
      const finish = (/** @type {string} */ found) => {
        answer.value = found;
        worker.terminate();
        done();
      };
      worker.onmessage = (event) => finish(String(event.data));
      worker.onerror = () => finish("");
      worker.postMessage({ task: form.dataset.task, bits: Number(form.dataset.bits) });
    }));

  form.addEventListener("input", work, { once: true });
  form.addEventListener("submit", async (event) => {
    if (answer.value || form.dataset.sent) return;
    event.preventDefault();
    if (note instanceof HTMLElement) note.hidden = false;
    await work();
    form.dataset.sent = "1";
    form.requestSubmit();
  });
}
