// Passkeys: a form with data-passkey carries the options; its answer is what the device has signed. Without this script
// the forms stay hidden and passwords and codes work. Spec: https://www.w3.org/TR/webauthn-3/ §5.1
// @ts-check
/** @param {string} text */
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

/** @param {ArrayBuffer | null | undefined} buffer */
const base64url = (buffer) =>
  buffer &&
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

/** @param {any} options */
const readable = ({ publicKey: key }) => {
  const ids = (/** @type {any[]} */ list) => list && list.map((one) => ({ ...one, id: bytes(one.id) }));
  const read = { ...key, challenge: bytes(key.challenge) };
  if (key.user) read.user = { ...key.user, id: bytes(key.user.id) };
  if (key.excludeCredentials) read.excludeCredentials = ids(key.excludeCredentials);
  if (key.allowCredentials) read.allowCredentials = ids(key.allowCredentials);
  return { publicKey: read };
};

/** @param {any} credential */
const written = ({ id, rawId, type, response }) => ({
  id,
  rawId: base64url(rawId),
  type,
  clientExtensionResults: {},
  response: {
    clientDataJSON: base64url(response.clientDataJSON),
    attestationObject: base64url(response.attestationObject),
    authenticatorData: base64url(response.authenticatorData),
    signature: base64url(response.signature),
    userHandle: base64url(response.userHandle),
  },
});

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-passkey]"))) {
  if (!window.PublicKeyCredential) break;
  const problem = /** @type {HTMLElement} */ (form.querySelector(".problem"));
  const answer = /** @type {HTMLInputElement} */ (form.elements.namedItem("answer"));
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (answer.value) return;
    event.preventDefault();
    problem.hidden = true;
    try {
      const options = readable(JSON.parse(form.dataset.options || ""));
      const how = form.dataset.passkey === "create" ? "create" : "get";
      answer.value = JSON.stringify(written(await navigator.credentials[how](options)));
      form.submit();
    } catch {
      problem.hidden = false;
    }
  });
}
