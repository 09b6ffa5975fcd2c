// What is new in a list: rows flash once; while somebody reads further down, a pill says how many
// wait at the top instead of moving what is being read.
import { fetchPage, onRender, openId, show, visit } from "./page.js";

const ROWS = ".ledger tr[data-session]";
const known = new Map(); // of the list that is shown: each row that was seen, and what it said
let list = ""; // its address without the page of it
let page = ""; // which page of it was rendered last
let hasTop = false; // whether the rows of its first page are known
let told = new Set(); // ids that the stream said since

const rows = (root) => [...root.querySelectorAll(ROWS)];
const idOf = (row) => row.dataset.session;
const firstPage = () => document.querySelector("a[data-first]")?.href ?? "";

// What a row says, without how long ago it was.
const words = (row) => [...row.cells].filter((cell) => !cell.matches(".x-when")).map((cell) => cell.textContent).join("\n");

export function tell(ids) {
  for (const id of ids) told.add(id);
}

// Rows must not move under the eyes: the list is scrolled, or a later page of it is shown.
export function isReading() {
  const table = document.querySelector(".ledger");
  return table !== null && openId() === null && (table.getBoundingClientRect().top < 0 || firstPage() !== "");
}

// Counts what is new at the top of the list; renders the page when nothing in it would move.
export async function announce() {
  const top = firstPage();
  const text = await fetchPage(top || location.href).catch(() => null);
  if (text === null) return;
  const answer = rows(new DOMParser().parseFromString(text, "text/html"));
  const found = answer.map(idOf);
  if (!top && found.join("\n") === rows(document).map(idOf).join("\n")) return void (await show(text));
  if (!hasTop) { // a later page was opened by its address: what is at the top now is not news
    for (const row of answer) known.set(idOf(row), words(row));
    told = new Set();
  }
  hasTop = true;
  const fresh = found.filter((id) => !known.has(id)).length;
  const changed = found.filter((id) => told.has(id)).length;
  if (fresh || changed) offer(fresh ? `${fresh} new` : `${changed} changed`, top);
}

function offer(label, to) {
  const button = document.querySelector(".newpill button");
  if (!button) return;
  button.querySelector("span").textContent = label;
  button.dataset.to = to;
  button.hidden = false;
}

function take(button) {
  const { to } = button.dataset;
  scrollTo({ top: 0 });
  if (to) page = new URL(to).search; // its rows are news, not another page
  visit(to || location.href, { push: Boolean(to) });
}

function flash(row) {
  row.classList.remove("is-new");
  void row.offsetWidth; // so that it flashes anew
  row.classList.add("is-new");
}

// New and changed rows flash once; another list, or another page of it, is not news.
function look() {
  const url = new URL(location.href);
  for (const name of ["open", "tab", "span", "panel", "show", "full", "live", "at", "zoom", "scale"]) url.searchParams.delete(name);
  const now = url.search;
  url.searchParams.delete("cursor");
  if (url.pathname + url.search !== list) {
    known.clear();
    hasTop = false;
  }
  hasTop ||= !firstPage();
  const isSame = url.pathname + url.search === list && now === page;
  list = url.pathname + url.search;
  page = now;
  for (const row of rows(document)) {
    const said = words(row);
    if (isSame && known.get(idOf(row)) !== said) flash(row);
    known.set(idOf(row), said);
  }
  if (!isReading()) {
    told = new Set();
    const button = document.querySelector(".newpill button");
    if (button) button.hidden = true;
  }
}

export function start() {
  onRender(look);
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".newpill button");
    if (button) take(button);
  });
}
