// The composer without this script is a plain form. With it: a counter, Ctrl-Enter sends, times are in the reader's zone.
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

/** A moment as a time field spells it, in the reader's zone. @param {Date} moment */
const local = (moment) => new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

for (const part of document.querySelectorAll(".timed")) {
  const time = part.querySelector("input[name=publish_at]");
  const zone = part.querySelector("input[name=zone]");
  if (!time || !zone) continue;
  // What the server wrote is UTC, or the zone that came with it.
  if (time.value) time.value = local(new Date(Date.parse(`${time.value}Z`) + Number(zone.value) * 60_000));
  for (const note of part.querySelectorAll(".zone")) note.remove();
  const tell = () => {
    zone.value = time.value ? String(new Date(time.value).getTimezoneOffset()) : "";
  };
  time.addEventListener("input", tell);
  tell();
}
