// The stream says that something changed; then the page is asked for again. Ids only come over it.
import { facts, isVisiting, onRender, refresh } from "./page.js";
import { announce, isReading, tell } from "./news.js";

const PAUSE_MS = 1000; // between two renderings, however much changes
const LOOK_MS = 5000; // between two looks whether the stream lives
const SILENCE_MS = 40_000; // the server says something every 15 s: longer, and the line is dead

let stream = null;
let address = "";
let heard = 0; // when the stream said something, or was opened
let waiting = false; // a rendering is due
let busy = false;

function connect() {
  const { live, events } = facts();
  const wanted = live === "on" && events && !document.hidden ? events : "";
  if (wanted === address) return;
  stream?.close();
  stream = null;
  address = wanted;
  mark(false);
  if (!wanted) return;
  heard = Date.now();
  stream = new EventSource(wanted);
  stream.addEventListener("sessions", (event) => {
    tell(JSON.parse(event.data).ids);
    changed();
  });
  stream.addEventListener("still", alive);
  stream.addEventListener("open", changed); // what happened before, or while it was lost, was not told
  stream.addEventListener("error", () => mark(true));
}

// A browser that slept, or a server that refused once, leaves a stream that says nothing for good.
function reconnect() {
  address = "";
  connect();
}

function look() {
  if (!address) return;
  if (stream.readyState === EventSource.CLOSED || Date.now() - heard > SILENCE_MS) reconnect();
}

function mark(isLost) {
  document.documentElement.toggleAttribute("data-lost", isLost);
}

function alive() {
  heard = Date.now();
  mark(false);
}

function changed() {
  alive();
  waiting = true;
  if (!busy) run();
}

async function run() {
  busy = true;
  while (waiting && address) {
    if (!isVisiting()) { // where the reader is going comes first, and is newer
      waiting = false;
      if (isReading()) await announce();
      else await refresh();
    }
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
  busy = false;
}

export function start() {
  onRender(connect);
  setInterval(look, LOOK_MS);
  addEventListener("online", () => { if (address) reconnect(); });
  document.addEventListener("visibilitychange", () => {
    connect(); // a hidden page holds no connection: browsers allow six to a server
    if (!document.hidden && address) changed();
  });
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    reconnect();
    changed();
  });
}
