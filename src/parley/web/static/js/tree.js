// The span tree and the timeline by keyboard: up and down a line, left folds or goes to the parent,
// right unfolds or goes to the first child, Home and End. The links are the lines; Enter follows them.
import { onRender } from "./page.js";

const LINES = ".tree :is(a, button).t, .wf a.name";
const folded = new Set(); // ids of the rows whose spans are hidden; the reader's, kept while the page changes

const lines = () => [...document.querySelectorAll(LINES)].filter((line) => line.checkVisibility());
const level = (row) => Number(row?.getAttribute("aria-level") ?? 0);
const rowOf = (line) => line.closest("[aria-level]");

// Moves the focus some lines; begins at the one that is looked at.
export function stepSpans(by) {
  const links = lines();
  const chosen = links.indexOf(document.activeElement);
  const at = chosen < 0 ? links.findIndex((link) => link.closest('[aria-selected="true"]')) : chosen;
  links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
}

// Hides what stands under folded rows. The rows come parents first.
function paint() {
  let under = Infinity; // the level of the folded row above
  for (const row of document.querySelectorAll(".tree .tr[aria-level]")) {
    row.hidden = level(row) > under;
    if (!row.hidden) under = folded.has(row.id) ? level(row) : Infinity;
    if (row.hasAttribute("aria-expanded")) row.setAttribute("aria-expanded", String(!folded.has(row.id)));
  }
}

function fold(row, isFolded) {
  if (isFolded) folded.add(row.id);
  else folded.delete(row.id);
  paint();
}

function target(key, links, at) {
  const row = rowOf(links[at]);
  const state = row?.getAttribute("aria-expanded");
  switch (key) {
    case "ArrowDown": return links[at + 1];
    case "ArrowUp": return links[at - 1];
    case "ArrowLeft":
      if (state === "true") return void fold(row, true);
      return links.slice(0, at).findLast((link) => level(rowOf(link)) < level(row));
    case "ArrowRight":
      if (state === "false") return void fold(row, false);
      return links[at + 1] && level(rowOf(links[at + 1])) > level(row) ? links[at + 1] : null;
    case "Home": return links[0];
    default: return links.at(-1);
  }
}

const KEYS = ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "Home", "End"];

export function start() {
  onRender(paint);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!KEYS.includes(event.key) || !event.target.matches?.(LINES)) return;
    const links = lines();
    event.preventDefault();
    target(event.key, links, links.indexOf(event.target))?.focus();
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-twist], .tr--turn")?.closest(".tr");
    if (row?.hasAttribute("aria-expanded")) fold(row, !folded.has(row.id));
  });
}
