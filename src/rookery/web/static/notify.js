// Turns on the notifications of this browser: asks, subscribes, and hands the address to the form that is there.
// @ts-check
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.notify"));
const start = /** @type {HTMLButtonElement | null} */ (document.querySelector("button.notify-start"));
const refused = document.querySelector(".notify-refused");

/** @param {string} text */
const bytes = (text) => {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (character) => character.charCodeAt(0));
};
/** @param {ArrayBuffer | null} buffer */
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer || new ArrayBuffer(0))))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
/** @param {string} name @param {string} value */
const fill = (name, value) => {
  const field = /** @type {HTMLInputElement | null} */ (form?.elements.namedItem(name));
  if (field) field.value = value;
};

const begin = async () => {
  if (!form || (await Notification.requestPermission()) !== "granted") throw new Error("refused");
  // The one address that this page may run as a worker.
  const types = /** @type {any} */ (window).trustedTypes;
  const policy = types?.createPolicy("rookery-worker", { createScriptURL: () => "/sw.js" });
  await navigator.serviceWorker.register(policy ? policy.createScriptURL("") : "/sw.js");
  const ready = await navigator.serviceWorker.ready;
  const key = bytes(form.dataset.key || "");
  await (await ready.pushManager.getSubscription())?.unsubscribe();
  const made = await ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  fill("endpoint", made.endpoint);
  fill("p256dh", text(made.getKey("p256dh")));
  fill("auth", text(made.getKey("auth")));
  form.submit();
};

if (form && start && "serviceWorker" in navigator && "PushManager" in window) {
  start.hidden = false;
  start.addEventListener("click", (event) => {
    event.preventDefault();
    begin().catch(() => refused?.removeAttribute("hidden"));
  });
}
