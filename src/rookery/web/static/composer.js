// The composer without this script is a plain form. With it: a counter, and Ctrl-Enter sends.
// @ts-check
const LINK = /\bhttps?:\/\/\S+/g;
const segments = new Intl.Segmenter();

/** Count as the server does: what people see as one character is one, a link is 23. @param {string} text */
const count = (text) => [...segments.segment(text.replace(LINK, "x".repeat(23)))].length;

for (const form of document.querySelectorAll("form.composer")) {
  const text = form.querySelector("textarea");
  const left = form.querySelector("output");
  if (!text || !left) continue;
  const limit = Number(text.dataset.limit);
  const show = () => {
    const rest = limit - count(text.value);
    left.textContent = text.value ? String(rest) : "";
    left.classList.toggle("over", rest < 0);
  };
  text.addEventListener("input", show);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  show();
}
