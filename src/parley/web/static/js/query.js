// Search and filter: Enter asks for the sessions; the filter is completed and coloured as one types.
// What could be typed is the server's to say. The fields keep what is typed while the page changes.
import { onRender, visit } from "./page.js";

const PAUSE_MS = 60; // between the last key and the question
const PARTS = ["label", "kind", "help"];

let asked = 0;
let timer = 0;
let chosen = -1;
let answer = null; // the last completion
let applied = null; // the filter and the words of the page as it was rendered last

const form = () => document.querySelector("form[data-search]");
const field = () => document.getElementById("filter");
const box = () => document.getElementById("complete-box");
const options = () => [...document.querySelectorAll("#complete [role=option]")];
const points = (text) => [...text]; // offsets of the server count code points

function submit(target) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(target)) if (value.trim()) query.append(name, value.trim());
  close();
  visit(`${new URL(target.action).pathname}?${query}`);
}

function close() {
  clearTimeout(timer);
  asked++;
  answer = null;
  chosen = -1;
  if (box()) box().hidden = true;
  field()?.setAttribute("aria-expanded", "false");
  field()?.removeAttribute("aria-activedescendant");
}

// Colours the text; what is still being typed is not called wrong.
function ink(pieces) {
  const layer = document.querySelector(".query__ink");
  if (!layer) return;
  const spans = pieces.map((piece, place) => {
    const span = document.createElement("span");
    const isTyped = place === pieces.length - 1 && document.activeElement === field();
    span.className = `q-${piece.kind}${piece.is_wrong && !isTyped ? " q-bad" : ""}`;
    span.textContent = piece.text;
    return span;
  });
  layer.replaceChildren(...spans);
  follow();
}

// The text under the field is as far to the side as the field has scrolled.
function follow() {
  const layer = document.querySelector(".query__ink");
  if (layer) layer.scrollLeft = field().scrollLeft;
}

function plain() {
  ink([{ text: field().value, kind: "field", is_wrong: false }]);
}

async function ask() {
  const input = field();
  const turn = ++asked;
  const at = points(input.value.slice(0, input.selectionStart)).length;
  const query = new URLSearchParams({ filter: input.value, at: String(at) });
  const found = await fetch(`${form().dataset.completions}&${query}`)
    .then((response) => (response.ok ? response.json() : null))
    .catch(() => null);
  if (!found || turn !== asked || !field()) return;
  ink(found.pieces);
  if (document.activeElement === field()) offer(found.completion);
}

function offer(completion) {
  answer = completion;
  chosen = -1;
  const list = completion.options.map((option, place) => {
    const row = document.createElement("div");
    row.id = `option-${place}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    row.dataset.place = String(place);
    for (const name of PARTS) {
      const part = document.createElement(name === "label" ? "code" : "small");
      part.textContent = option[name];
      row.append(part);
    }
    return row;
  });
  document.getElementById("complete").replaceChildren(...list);
  box().hidden = list.length === 0;
  field().setAttribute("aria-expanded", String(list.length > 0));
  field().removeAttribute("aria-activedescendant");
}

function choose(by) {
  const rows = options();
  chosen = (chosen + by + rows.length + (chosen < 0 && by < 0 ? 1 : 0)) % rows.length;
  rows.forEach((row, place) => row.setAttribute("aria-selected", String(place === chosen)));
  rows[chosen].scrollIntoView({ block: "nearest" });
  field().setAttribute("aria-activedescendant", rows[chosen].id);
}

function take(place) {
  const input = field();
  const text = points(input.value);
  const { start, end, options: given } = answer;
  const before = text.slice(0, start).join("") + given[place].insert;
  input.value = before + text.slice(end).join("").trimStart();
  input.setSelectionRange(before.length, before.length);
  close();
  plain();
  timer = setTimeout(ask, 0);
}

function onKey(event) {
  const isOpen = answer !== null && !box().hidden;
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) choose(event.key === "ArrowDown" ? 1 : -1);
  else if (isOpen && event.key === "Enter" && chosen >= 0) take(chosen);
  else if (isOpen && event.key === "Tab" && !event.shiftKey) take(Math.max(chosen, 0));
  else if (isOpen && event.key === "Escape") close();
  else if (!isOpen && event.key === "ArrowDown") ask();
  else return;
  event.preventDefault();
}

// The page shows another filter or other words than it did: so do the fields.
function adopt() {
  const given = form()?.dataset;
  if (!given) return void (applied = null);
  const now = `${given.q}\n${given.filter}`;
  if (now !== applied) {
    document.getElementById("q").value = given.q;
    field().value = given.filter;
    applied = now;
  } else if (field().value !== given.filter) plain(); // typed, not applied yet
}

export function start() {
  onRender(adopt);
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-search]")) return;
    event.preventDefault();
    submit(event.target);
  });
  document.addEventListener("input", (event) => {
    if (event.target.id !== "filter") return;
    plain();
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "filter") onKey(event);
    else if (event.target.id === "q" && event.key === "Escape") event.target.blur();
  });
  document.addEventListener("scroll", (event) => { if (event.target.id === "filter") follow(); }, true);
  document.addEventListener("mousedown", (event) => {
    const row = event.target.closest("#complete [role=option]");
    if (!row) return;
    event.preventDefault(); // the field keeps the focus
    take(Number(row.dataset.place));
  });
  document.addEventListener("focusout", (event) => { if (event.target.id === "filter") close(); });
}
