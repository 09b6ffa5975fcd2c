// One way to change what is shown: ask the server for the page at an address and morph it in.
// Links, history, keys and live changes all come through here; without scripts the same links
// are plain GETs.
import htmx from "../vendor/htmx.esm.min.js";

const rendered = []; // called after each morph, and once at the start
let asked = 0; // only the newest answer is shown
let pending = null; // what is being fetched, so that a newer question ends it
let visits = 0; // that wait for their answer

// Local state is the reader's: what is unfolded stays so, whatever the server renders.
htmx.registerExtension("parley-local", {
  htmx_before_morph_attr: (element, { attrName }) =>
    !(attrName === "open" && element.matches("details, dialog")) &&
    !(attrName === "class" && element.matches(".is-cut")) &&
    !((attrName === "hidden" || attrName === "aria-expanded") && element.matches(".tr")),
});

// Calls back with the page as it stands, now and after every change.
export const onRender = (callback) => {
  rendered.push(callback);
  callback();
};

// What the server said about this page: project, live, address of the event stream.
export const facts = () => document.getElementById("facts").dataset;

export const openId = () => document.getElementById("opened")?.dataset.session ?? null;

// Whether the reader is on the way to another address.
export const isVisiting = () => visits > 0;

const busy = (is) => document.getElementById("main")?.setAttribute("aria-busy", is);

// Fetches an address and returns the text of its page; null when a newer question came first.
// What is no page of ours (a failure, a refusal) is thrown: it never takes the place of one.
export async function fetchPage(url) {
  const turn = ++asked;
  pending?.abort();
  pending = new AbortController();
  busy(true);
  try {
    const answer = await fetch(url, {
      headers: { accept: "text/html", "x-parley-fragment": "1" },
      signal: pending.signal,
    });
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") {
      location.assign(url); // the cookie is gone: the server sends the reader to the form
      return null;
    }
    const text = await answer.text();
    if (answer.status >= 500 || !text.includes('id="facts"')) throw new Error(`no page: ${answer.status}`);
    return turn === asked ? text : null;
  } catch (problem) {
    if (problem.name === "AbortError") return null;
    throw problem;
  } finally {
    if (turn === asked) busy(false);
  }
}

// Morphs a page's text into this one.
export async function show(text) {
  const before = openId();
  await htmx.swap({ text, target: document.body, sourceElement: document.body, swap: "innerMorph" });
  const after = openId();
  if (after !== before) moveFocus(before, after);
  for (const callback of rendered) callback();
}

// Goes to an address. The list keeps its scroll while sessions open and close over it.
export async function visit(url, { push = true } = {}) {
  const target = new URL(url, location.href);
  const here = new URL(location.href);
  const isOtherPart = target.searchParams.get("at") !== here.searchParams.get("at");
  const sameList = withoutSession(target) === withoutSession(here) && !(isOtherPart && target.searchParams.get("full"));
  let text;
  visits++;
  try {
    text = await fetchPage(target.href);
  } catch {
    location.assign(target.href); // the browser knows best how to say that the server is away
    return;
  } finally {
    visits--;
  }
  if (text === null) return;
  if (push) history.pushState(null, "", target.href);
  await show(text);
  if (!sameList) scrollTo(0, 0);
  if (isOtherPart) for (const box of document.querySelectorAll(".drawer__body, .drawer")) box.scrollTop = 0;
  if (target.hash) document.getElementById(target.hash.slice(1))?.scrollIntoView();
}

// Asks again for the page that is shown. Returns false when the server could not be reached.
export async function refresh() {
  try {
    const text = await fetchPage(location.href);
    if (text !== null) await show(text);
    return true;
  } catch {
    return false;
  }
}

function withoutSession(url) {
  const query = new URLSearchParams(url.search);
  for (const name of ["open", "tab", "span", "panel", "show", "full", "live", "at", "zoom", "scale"]) query.delete(name);
  return url.pathname + "?" + query;
}

// The open session has the focus; closed, its row has it again.
function moveFocus(before, after) {
  const opened = document.getElementById("opened");
  if (after !== null) {
    opened.scrollTop = 0;
    opened.focus({ preventScroll: true });
    return;
  }
  const row = [...document.querySelectorAll(".ledger tr[data-session]")].find((r) => r.dataset.session === before);
  row?.querySelector("a.first")?.focus({ preventScroll: true });
}

function isPlain(event) {
  return event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}

export function start() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || !isPlain(event)) return;
    let link = event.target.closest("a[data-nav]");
    if (!link && !event.target.closest("a, button, summary, input, label")) {
      if (getSelection().type === "Range") return; // somebody copies words
      link = event.target.closest("[data-row]")?.querySelector("a[data-nav]");
    }
    if (!link) return;
    event.preventDefault();
    visit(link.href.baseVal ?? link.href); // a link in a drawing has the first
  });
  let path = location.pathname + location.search;
  addEventListener("popstate", () => {
    const now = location.pathname + location.search;
    if (now !== path) visit(location.href, { push: false }); // else only the hash changed
  });
  onRender(() => { path = location.pathname + location.search; });
}
