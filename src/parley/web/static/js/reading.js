// Reading a conversation: the rail marks the turn in view, a pill waits while the running turn is
// out of sight, long questions unfold.
import { onRender } from "./page.js";

let watcher = null;
let current = "";

const scroller = () => {
  const body = document.querySelector(".drawer__body");
  return body && getComputedStyle(body).overflowY === "auto" ? body : document.querySelector(".drawer");
};

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
  const line = body.getBoundingClientRect().top + body.clientHeight / 3;
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
    const question = event.target.closest(".say--user.is-long");
    if (question && getSelection().type !== "Range") question.classList.toggle("is-whole");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.(".say--user.is-long")) event.target.classList.toggle("is-whole");
  });
  onRender(() => { look(); watchRunning(); });
}
