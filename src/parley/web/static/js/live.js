// The stream says that something changed; then the page is asked for again. Ids only come over it.
import { facts, fetchPage, onRender, openId, refresh, show } from "./page.js";

const PAUSE_MS = 1000; // between two renderings, however much changes

let stream = null;
let address = "";
let waiting = false; // a rendering is due
let busy = false;

function connect() {
  const { live, events } = facts();
  const wanted = live === "on" && events && !document.hidden ? events : "";
  if (wanted === address) return;
  stream?.close();
  stream = null;
  address = wanted;
  if (!wanted) return;
  stream = new EventSource(wanted);
  stream.addEventListener("sessions", changed);
  stream.addEventListener("open", changed); // what happened before, or while it was lost, was not told
}

function changed() {
  waiting = true;
  if (!busy) run();
}

async function run() {
  busy = true;
  while (waiting && address) {
    waiting = false;
    if (isReading()) await announce();
    else await refresh();
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
  busy = false;
}

// The list is scrolled and nothing is open over it: rows must not move under the eyes.
function isReading() {
  const table = document.querySelector(".ledger");
  return table !== null && openId() === null && table.getBoundingClientRect().top < 0;
}

// Shows how many sessions are new instead of moving what is being read.
async function announce() {
  const text = await fetchPage(location.href).catch(() => null);
  if (text === null) return;
  const ids = (root) => [...root.querySelectorAll("tr[data-session]")].map((row) => row.dataset.session);
  const known = new Set(ids(document));
  const fresh = ids(new DOMParser().parseFromString(text, "text/html")).filter((id) => !known.has(id));
  if (!fresh.length) return void (await show(text));
  const pill = document.querySelector(".newpill");
  if (!pill) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "pillbtn";
  button.textContent = `${fresh.length} new`;
  button.addEventListener("click", async () => {
    scrollTo({ top: 0 });
    pill.replaceChildren();
    await refresh();
  });
  pill.replaceChildren(button);
}

// Rows that were not on the page before flash once.
function flashNew() {
  const rows = [...document.querySelectorAll(".ledger tr[data-session]")];
  const list = location.search.replace(/[?&](open|tab|span|full|live)=[^&]*/g, "");
  if (flashNew.list === list) {
    for (const row of rows) {
      if (!flashNew.known.has(row.dataset.session)) row.classList.add("is-new");
    }
  }
  flashNew.list = list;
  flashNew.known = new Set(rows.map((row) => row.dataset.session));
}

export function start() {
  onRender(connect);
  onRender(flashNew);
  document.addEventListener("visibilitychange", () => {
    connect(); // a hidden page holds no connection: browsers allow six to a server
    if (!document.hidden && address) changed();
  });
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    address = "";
    connect();
    changed();
  });
}
