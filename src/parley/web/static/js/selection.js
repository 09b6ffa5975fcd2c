// Which rows are chosen: kept while the page changes and from page to page of the list, and sent by
// the form of the bar. The ids of other pages are fields of it that nobody sees.
import { facts, onRender } from "./page.js";

const chosen = new Set();
let project = null; // whose sessions they are
let last = null; // the row that was chosen last: Shift chooses from there on

const boxes = () => [...document.querySelectorAll(".ledger input[name=session]")];
const first = (selector) => document.querySelector(selector);

function put(box, is) {
  if (is) chosen.add(box.value);
  else chosen.delete(box.value);
}

function tell() {
  const here = boxes();
  for (const box of here) box.checked = chosen.has(box.value);
  const all = first("[data-pick-all]");
  if (all) {
    all.checked = here.length > 0 && here.every((box) => box.checked);
    all.indeterminate = !all.checked && here.some((box) => box.checked);
  }
  const bar = first("[data-bulk]");
  if (!bar) return;
  bar.toggleAttribute("data-count", chosen.size > 0);
  const said = `${chosen.size} selected`;
  if (first("#bulk-count").textContent !== said) first("#bulk-count").textContent = said;
  const shown = new Set(here.map((box) => box.value));
  const others = [...chosen].filter((id) => !shown.has(id)).map((id) => {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "session", value: id });
    return field;
  });
  first("#bulk-more").replaceChildren(...others);
  first("[data-copy-picked]").dataset.copy = [...chosen].join("\n");
}

function clear() {
  chosen.clear();
  last = null;
  tell();
}

function pick(box, isRange) {
  const here = boxes();
  const from = isRange ? here.findIndex((one) => one.value === last) : -1;
  const to = here.indexOf(box);
  const range = from < 0 ? [box] : here.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of range) put(one, box.checked);
  last = box.value;
  tell();
}

// Chooses the row that has the focus, or no longer.
export function pickFocused() {
  const box = document.activeElement?.closest("tr[data-session]")?.querySelector("input[name=session]");
  if (!box) return;
  box.checked = !box.checked;
  pick(box, false);
}

export function start() {
  onRender(() => {
    if (facts().project !== project) {
      chosen.clear();
      project = facts().project;
      for (const box of boxes()) if (box.checked) put(box, true); // the browser kept them over a reload
    }
    tell();
  });
  document.addEventListener("click", (event) => {
    if (event.target.matches(".ledger input[name=session]")) pick(event.target, event.shiftKey);
    else if (event.target.matches("[data-pick-all]")) {
      for (const box of boxes()) put(box, event.target.checked);
      tell();
    }
  });
  document.addEventListener("mousedown", (event) => {
    if (event.shiftKey && event.target.closest(".pick")) event.preventDefault(); // no words are marked
  });
  document.addEventListener("reset", (event) => { if (event.target.id === "bulk") setTimeout(clear); });
}
