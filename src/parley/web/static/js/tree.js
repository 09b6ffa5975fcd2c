// The span tree and the timeline by keyboard: up and down a line, left to the parent, right to the
// first child, Home and End. The links are the lines; Enter follows them.
const LINES = ".tree a.t, .wf a.name";

const lines = () => [...document.querySelectorAll(LINES)];
const level = (link) => Number(link.closest("[aria-level]")?.getAttribute("aria-level") ?? 0);

// Moves the focus some lines; begins at the one that is looked at.
export function stepSpans(by) {
  const links = lines();
  const chosen = links.indexOf(document.activeElement);
  const at = chosen < 0 ? links.findIndex((link) => link.closest('[aria-selected="true"]')) : chosen;
  links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
}

function target(key, links, at) {
  const depth = level(links[at]);
  switch (key) {
    case "ArrowDown": return links[at + 1];
    case "ArrowUp": return links[at - 1];
    case "ArrowLeft": return links.slice(0, at).findLast((link) => level(link) < depth);
    case "ArrowRight": return links[at + 1] && level(links[at + 1]) > depth ? links[at + 1] : null;
    case "Home": return links[0];
    case "End": return links.at(-1);
    default: return undefined;
  }
}

export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!event.target.matches?.(LINES)) return;
    const links = lines();
    const next = target(event.key, links, links.indexOf(event.target));
    if (next === undefined) return;
    event.preventDefault();
    next?.focus();
  });
}
