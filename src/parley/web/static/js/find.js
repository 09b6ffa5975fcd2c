// Find in the open session: every place is painted by the browser, nothing in the transcript is
// changed; Enter and Shift+Enter walk. The browser's own find still works.
import { onRender } from "./page.js";

const PLACES_MAX = 5000; // of one word in one session; the count says so
let words = "";
let session = ""; // whose words they are
let places = [];
let at = -1;

const field = () => document.querySelector("#find");
const canPaint = () => Boolean(globalThis.CSS?.highlights);

function paint() {
  CSS.highlights.set("found", new Highlight(...places));
  CSS.highlights.set("found-now", new Highlight(...(places[at] ? [places[at]] : [])));
  const count = places.length < PLACES_MAX ? places.length : `${PLACES_MAX}+`;
  const said = document.querySelector("#found");
  if (said) said.textContent = words ? (places.length ? `${at + 1} of ${count}` : "none") : "";
}

// Every place of the words: a text node at a time, so that none spans two messages.
function search() {
  const flow = document.querySelector(".talk-flow");
  const wanted = words.toLowerCase();
  places = [];
  if (!flow || !wanted) return;
  const walker = document.createTreeWalker(flow, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && places.length < PLACES_MAX; node = walker.nextNode()) {
    const text = node.data.toLowerCase();
    if (text.length !== node.data.length) continue; // its letters change length: places would be wrong
    for (let from = text.indexOf(wanted); from >= 0 && places.length < PLACES_MAX; from = text.indexOf(wanted, from + wanted.length)) {
      const place = new Range();
      place.setStart(node, from);
      place.setEnd(node, from + wanted.length);
      places.push(place);
    }
  }
}

function go(to) {
  if (!places.length) return;
  at = (to + places.length) % places.length;
  const near = places[at].startContainer.parentElement;
  for (let fold = near.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) fold.open = true;
  near.closest(".is-cut")?.classList.add("is-whole");
  near.scrollIntoView({ block: "center" });
  paint();
}

export function start() {
  if (!canPaint()) return;
  document.addEventListener("input", (event) => {
    if (event.target !== field()) return;
    words = event.target.value.trim();
    search();
    at = -1;
    if (places.length) go(0);
    else paint();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== field()) return;
    if (event.key === "Enter") {
      event.preventDefault();
      go(at + (event.shiftKey ? -1 : 1));
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.target.value = words = "";
      search();
      paint();
      document.getElementById("opened").focus({ preventScroll: true });
    }
  });
  document.addEventListener("click", (event) => {
    const by = event.target.closest("[data-find-by]")?.dataset.findBy;
    if (by) go(at + Number(by));
  });
  onRender(() => {
    const box = document.querySelector("[data-find]");
    const now = document.getElementById("opened")?.dataset.session ?? "";
    if (box) box.hidden = false;
    if (now !== session || !box) words = "";
    if (box && now !== session) field().value = "";
    session = now;
    search();
    at = Math.min(at, places.length - 1);
    paint();
  });
}
