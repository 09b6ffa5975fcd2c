// The chart chooses a range: drag over it, or arrow keys, Shift and Enter. Esc drops the choice.
import { visit } from "./page.js";

let choice = null; // { svg, anchor, end, dragging }: buckets, both inclusive
const SVG = "http://www.w3.org/2000/svg";
const time = (ms) => new Date(ms).toISOString().slice(0, 19) + "Z";
const shown = (ms) => time(ms).slice(5, 16).replace("T", " ");

function range() {
  const { start, step } = choice.svg.dataset;
  const [low, high] = [Math.min(choice.anchor, choice.end), Math.max(choice.anchor, choice.end)];
  return { low, high, from: +start + low * step, to: +start + (high + 1) * step };
}

function draw() {
  const layer = document.getElementById("brushed");
  const label = document.getElementById("brush-label");
  layer?.replaceChildren();
  if (label) label.hidden = choice === null;
  if (choice === null || !layer) return;
  const { low, high, from, to } = range();
  const width = 1000 / choice.svg.dataset.count;
  const box = layer.appendChild(document.createElementNS(SVG, "rect"));
  const places = { class: "brushed", x: low * width, y: 0, width: (high + 1 - low) * width, height: 72 };
  for (const [name, value] of Object.entries(places)) box.setAttribute(name, value);
  label.textContent = `${shown(from)} – ${shown(to)} UTC`;
  label.style.insetInlineStart = `min(${(low * width) / 10}%, 100% - 220px)`;
}

function drop() {
  choice = null;
  draw();
}

function apply() {
  const { from, to } = range();
  const url = new URL(location.href);
  for (const name of ["cursor", "open"]) url.searchParams.delete(name);
  url.searchParams.set("from", time(from));
  url.searchParams.set("to", time(to));
  drop();
  visit(url.href);
}

function bucket(svg, x) {
  const box = svg.getBoundingClientRect();
  const count = +svg.dataset.count;
  return Math.max(0, Math.min(count - 1, Math.floor(((x - box.left) / box.width) * count)));
}

const chartOf = (event) => {
  const svg = event.target.closest?.("[data-brush]");
  return svg && +svg.dataset.count ? svg : null;
};

function press(event) {
  const svg = chartOf(event);
  if (!svg || event.button !== 0) return;
  svg.setPointerCapture(event.pointerId);
  const at = bucket(svg, event.clientX);
  choice = { svg, anchor: at, end: at, dragging: true, x: event.clientX };
}

function move(event) {
  if (!choice?.dragging) return;
  choice.end = bucket(choice.svg, event.clientX);
  if (Math.abs(event.clientX - choice.x) > 3) draw();
}

function release(event) {
  if (!choice?.dragging) return;
  if (Math.abs(event.clientX - choice.x) > 3) apply();
  else drop();
}

function type(event) {
  if (choice && event.key === "Escape") {
    event.preventDefault();
    event.stopImmediatePropagation();
    drop();
    return;
  }
  const svg = chartOf(event);
  if (!svg) return;
  const last = svg.dataset.count - 1;
  if (event.key === "Enter" && choice) apply();
  else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    const by = event.key === "ArrowLeft" ? -1 : 1;
    if (choice) choice.end = Math.max(0, Math.min(last, choice.end + by));
    else choice = { svg, anchor: last, end: last, dragging: false };
    if (!event.shiftKey) choice.anchor = choice.end;
    draw();
  } else return;
  event.preventDefault();
}

export function start() {
  document.addEventListener("pointerdown", press);
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", drop);
  document.addEventListener("keydown", type, true);
}
