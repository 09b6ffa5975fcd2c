// The form that asks a model: Ctrl+Enter sends it, and its answer is shown as it comes. Without
// scripts the same form is sent plainly and comes back with the whole answer.
async function* eventsOf(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const whole = text.split("\n\n");
    text = whole.pop();
    for (const event of whole) {
      const [name, data] = event.split("\n");
      yield [name.slice("event: ".length), JSON.parse(data.slice("data: ".length))];
    }
  }
}

function place(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  const wrong = document.querySelector("main [aria-invalid]");
  (wrong ?? document.querySelector("main textarea"))?.focus();
}

function pending(form) {
  const shown = form.querySelector("#pending").content.cloneNode(true);
  const [asked, answer] = [shown.querySelector("[data-asked]"), shown.querySelector("[data-answer]")];
  asked.textContent = form.elements.question.value;
  if (!asked.textContent.trim()) asked.closest("article").remove();
  form.querySelector(".failure")?.remove();
  form.querySelector(".play__talk").append(shown);
  return answer;
}

async function ask(form, button) {
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  const body = new URLSearchParams(new FormData(form, button));
  const said = pending(form);
  try {
    const headers = { accept: "text/event-stream, text/html" };
    const answer = await fetch(form.action, { method: "POST", body, headers });
    const type = answer.headers.get("content-type") ?? "";
    if (!type.startsWith("text/event-stream")) return place(await answer.text());
    for await (const [name, data] of eventsOf(answer)) {
      if (name === "page") return place(data);
      said.textContent += data;
    }
    throw new Error("the stream ended early");
  } catch (problem) {
    said.classList.remove("running");
    said.textContent += ` (The answer broke off: ${problem.message}. The session has what came of it.)`;
    form.ariaBusy = null;
  }
}

export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest?.("form[data-asks]");
    form?.requestSubmit(form.querySelector(".btn--primary"));
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-asks]") || event.submitter?.value !== "run") return;
    event.preventDefault();
    ask(event.target, event.submitter);
  });
}
