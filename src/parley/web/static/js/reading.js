// Reading a conversation: the rail marks the turn in view, a pill waits while the running turn is
// out of sight, long questions unfold; the rail of a long session shows the window.
import { onRender, visit } from "./page.js";

let watcher = null;
let current = "";

// What scrolls: the body of the drawer, the drawer itself on narrow screens, or the page.
const scroller = () =>
  [...document.querySelectorAll(".drawer__body, .drawer")].find((box) => getComputedStyle(box).overflowY === "auto") ??
  document.scrollingElement;

function mark() {
  for (const link of document.querySelectorAll(".rail a, .rail-strip a")) {
    if (link.hash === `#${current}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const turn of document.querySelectorAll(".turn")) turn.classList.toggle("is-current", turn.id === current);
}

// On the rail of a long session: which turns the window shows.
function band(body, turns) {
  const view = document.getElementById("rail-view");
  if (!view || !body) return;
  const top = Math.max(0, body.getBoundingClientRect().top);
  const seen = turns.filter((turn) => {
    const box = turn.getBoundingClientRect();
    return box.bottom > top && box.top < top + body.clientHeight;
  });
  const each = Number(view.ownerSVGElement.dataset.turnsAMark);
  const line = (turn) => 2 * Math.floor((Number(turn.id.slice(1)) - 1) / each);
  const from = seen.length ? line(seen[0]) : 0;
  view.setAttribute("y", from);
  view.setAttribute("height", seen.length ? Math.max(6, line(seen.at(-1)) + 2 - from) : 0);
}

// The rail of a long session is one stop of the tab key; arrows walk and name its turns.
function walk(event) {
  const link = event.target.closest?.(".rail--long a");
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!link || !by) return;
  event.preventDefault();
  const links = [...link.parentNode.querySelectorAll("a")];
  const next = links[Math.min(links.length - 1, Math.max(0, links.indexOf(link) + by))];
  link.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

function name(event) {
  const link = event.target.closest?.(".rail--long a");
  const said = document.getElementById("rail-name");
  if (said) said.textContent = link?.querySelector("title").textContent ?? "";
}

// A link to a turn that stands on another page of a long session leads there.
function seek() {
  const number = /^#t(\d+)$/.exec(location.hash)?.[1];
  const turns = document.querySelectorAll(".turn");
  if (!number || !turns.length || document.getElementById(`t${number}`)) return;
  const url = new URL(location.href);
  if (url.searchParams.get("at") === number) return; // it is not there either
  url.searchParams.set("at", number);
  visit(url.href, { push: false }).then(() => history.replaceState(null, "", url.href));
}

function look() {
  const body = scroller();
  const turns = [...document.querySelectorAll(".turn")];
  band(body, turns);
  if (!body || !turns.length) return;
  const line = Math.max(0, body.getBoundingClientRect().top) + body.clientHeight / 3;
  const atEnd = body.scrollTop > 0 && body.scrollTop + body.clientHeight >= body.scrollHeight - 2;
  const seen = atEnd ? turns.at(-1) : (turns.findLast((turn) => turn.getBoundingClientRect().top <= line) ?? turns[0]);
  current = seen.id;
  mark();
}

// The pill never scrolls by itself: the reader decides.
function watchRunning() {
  watcher?.disconnect();
  const pill = document.querySelector(".jump");
  const running = document.querySelector(".turn[aria-busy]");
  if (!pill) return;
  pill.hidden = true;
  if (!running) return;
  watcher = new IntersectionObserver(([entry]) => { pill.hidden = entry.isIntersecting; });
  watcher.observe(running);
}

export function start() {
  let due = 0;
  document.addEventListener("scroll", () => {
    due ||= requestAnimationFrame(() => { due = 0; look(); });
  }, { capture: true, passive: true });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-jump]")) document.querySelector(".turn[aria-busy]")?.scrollIntoView({ behavior: "smooth" });
    const more = event.target.closest("[data-more]");
    if (more) more.previousElementSibling.classList.toggle("is-whole");
  });
  document.addEventListener("keydown", walk);
  for (const kind of ["focusin", "mouseover"]) document.addEventListener(kind, name);
  seek();
  onRender(() => { look(); watchRunning(); });
}
