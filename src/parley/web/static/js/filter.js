// Searches the attributes of a span as one types. The words stay while the page changes.
import { onRender } from "./page.js";

function apply(field) {
  const words = field.value.trim().toLowerCase();
  const rows = [...document.getElementById(field.dataset.filter).querySelectorAll("tr")];
  const kept = rows.filter((row) => {
    row.hidden = !row.textContent.toLowerCase().includes(words);
    return !row.hidden;
  });
  field.nextElementSibling.textContent = words ? `${kept.length} of ${rows.length}` : "";
}

export function start() {
  document.addEventListener("input", (event) => {
    if (event.target.matches("input[data-filter]")) apply(event.target);
  });
  onRender(() => document.querySelectorAll("input[data-filter]").forEach(apply));
}
