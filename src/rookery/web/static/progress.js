// Keeps the progress of an import up to date; when it is over, the page is read once more.
// @ts-check
const box = /** @type {HTMLElement | null} */ (document.querySelector("[data-progress]"));
const bar = box?.querySelector("progress");
const words = box?.querySelector(".ended");
const PAUSE_MS = 2000;

const look = async () => {
  const answer = await fetch(box?.dataset.progress || "", { headers: { accept: "application/json" } });
  const { state, ended, goal } = await answer.json();
  if (state !== "going") location.reload();
  if (bar) bar.value = ended;
  if (words?.firstChild) {
    const numbers = [ended, goal];
    words.firstChild.nodeValue = (words.firstChild.nodeValue || "").replace(/\d+/g, () => String(numbers.shift()));
  }
};
const again = () => {
  if (document.visibilityState === "visible") look().catch(() => undefined);
  setTimeout(again, PAUSE_MS);
};
if (box) setTimeout(again, PAUSE_MS);
