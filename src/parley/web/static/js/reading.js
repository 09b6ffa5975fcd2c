// Reading a conversation: the rail marks the turn in view, a pill waits while the running turn is
// out of sight, long questions unfold.
import { onRender } from "./page.js";

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

function look() {
  const body = scroller();
  const turns = [...document.querySelectorAll(".turn")];
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
  onRender(() => { look(); watchRunning(); });
}
