// The keyboard: j k Enter x Esc [ ] l / f ? — the cursor of the list is the focus itself.
import { visit } from "./page.js";
import { pickFocused } from "./selection.js";
import { stepSpans } from "./tree.js";

const first = (selector) => document.querySelector(selector);

function isTyping(target) {
  return target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]") != null;
}

function step(by) {
  if (first(".tree, .wf")) return stepSpans(by);
  if (first(".opened")) return stepTurns(by);
  const links = [...document.querySelectorAll(".ledger a.first")];
  const at = links.indexOf(document.activeElement?.closest("tr")?.querySelector("a.first"));
  const next = links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))];
  next?.focus({ preventScroll: true });
  next?.closest("tr").scrollIntoView({ block: "nearest" });
}

function stepTurns(by) {
  const turns = [...document.querySelectorAll(".turn")];
  const top = Math.max(0, first(".drawer__body").getBoundingClientRect().top);
  const at = turns.findLastIndex((turn) => turn.getBoundingClientRect().top <= top + 24);
  turns[Math.min(turns.length - 1, Math.max(0, at + by))]?.scrollIntoView({ block: "start" });
}

const follow = (selector) => {
  const link = first(selector);
  if (link) visit(link.href);
};

const write = (selector) => {
  const field = first(`.page:not([inert]) ${selector}`);
  field?.focus();
  field?.select();
};

const ACTIONS = {
  j: () => step(1),
  k: () => step(-1),
  Escape: () => follow("a[data-close]"),
  "[": () => follow("a[data-prev]"),
  "]": () => follow("a[data-next]"),
  x: pickFocused,
  l: () => follow("a[data-live-toggle]"),
  "/": () => (first(".opened #find") ? first("#find").select() : write("#q")),
  f: () => write("#filter"),
  "?": () => first("#keys").showModal(),
};

export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || first("dialog[open]")) return;
    if (event.key === "Escape" && first("details.project-menu[open]")) {
      first("details.project-menu[open]").open = false;
      return;
    }
    const action = ACTIONS[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys-toggle]")) first("#keys").showModal();
    const menu = first("details.project-menu[open]");
    if (menu && (!menu.contains(event.target) || event.target.closest("[download]"))) menu.open = false;
  });
}
