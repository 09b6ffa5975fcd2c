// What every JavaScript client says: the conversations of talk.py, handed over as JSON.
const net = require("node:net");

const { LIVE_PARLEY_URL, LIVE_MODEL_URL, LIVE_NAME, LIVE_CONVERSATIONS } = process.env;
const { conversations, one_after_another, at_once, tool, model } = JSON.parse(LIVE_CONVERSATIONS);

// No connection leaves this machine.
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const given = args.flat()[0];
  const host = typeof given === "object" && given ? (given.path ? "localhost" : given.host) : "localhost";
  if (!["localhost", "127.0.0.1", "::1", undefined].includes(host)) {
    console.error(`LEAK: connect ${host}`);
    throw new Error(`not at home: ${host}`);
  }
  return connect.apply(this, args);
};

// Says one turn after another; `ask(chat, turn)` resolves to the answer.
async function converse(key, ask) {
  const session_id = `${LIVE_NAME}-${key}`;
  const chat = { key, session_id, user_id: `user-of-${key}`, system: `Be brief in <${session_id}>.`, history: [] };
  for (const turn of conversations[key]) {
    let said;
    try {
      said = await ask(chat, turn);
    } catch (error) {
      if (!turn.fails) throw error;
      continue;
    }
    if ((said ?? "").trim() !== turn.answer) {
      throw new Error(`${key}: ${turn.words} got ${said}, not ${turn.answer}`);
    }
  }
}

// Holds all conversations: some one after another, some at once.
async function hold(ask) {
  for (const key of one_after_another) await converse(key, ask);
  await Promise.all(at_once.map((key) => converse(key, ask)));
}

const getWeather = ({ city }) => `18 degrees in ${city}`;

module.exports = { hold, getWeather, tool, model, parley: LIVE_PARLEY_URL, modelUrl: LIVE_MODEL_URL };
