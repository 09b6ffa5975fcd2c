// Searches the attributes of a span as one types, and paints what was found. The words stay while
// the page changes.
import { onRender } from "./page.js";

// The browser paints the places; nothing in the table is changed.
function paint(rows, words) {
  if (!globalThis.CSS?.highlights) return;
  const places = [];
  for (const cell of words ? rows.flatMap((row) => [...row.cells]) : []) {
    const text = cell.firstChild;
    const at = text?.nodeType === Node.TEXT_NODE ? text.data.toLowerCase().indexOf(words) : -1;
    if (at < 0 || at + words.length > text.length) continue;
    const place = new Range();
    place.setStart(text, at);
    place.setEnd(text, at + words.length);
    places.push(place);
  }
  CSS.highlights.set("matched", new Highlight(...places));
}

function apply(field) {
  const words = field.value.trim().toLowerCase();
  const rows = [...document.getElementById(field.dataset.filter).querySelectorAll("tr")];
  const kept = rows.filter((row) => {
    row.hidden = !row.textContent.toLowerCase().includes(words);
    return !row.hidden;
  });
  field.nextElementSibling.textContent = words ? `${kept.length} of ${rows.length}` : "";
  paint(kept, words);
}

export function start() {
  document.addEventListener("input", (event) => {
    if (event.target.matches("input[data-filter]")) apply(event.target);
  });
  onRender(() => document.querySelectorAll("input[data-filter]").forEach(apply));
}
