// Forms that label sessions are sent without leaving the page; then it is asked for again. A refusal
// is told in the form. Without scripts they are plain forms that lead back.
import { refresh } from "./page.js";

const panel = (element) => element?.closest?.("details.picker[open]");

function shut(details) {
  const hadFocus = details.contains(document.activeElement);
  details.open = false;
  if (hadFocus) details.querySelector("summary").focus();
}

async function send(form, button) {
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  const details = panel(button);
  const said = details?.querySelector("[data-refused]");
  const id = document.activeElement?.closest("[id]")?.id;
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    if (answer.type !== "opaqueredirect") throw new Error(reason(await answer.text()) || `refused: ${answer.status}`);
    if (said) said.textContent = "";
    if (details) {
      for (const field of details.querySelectorAll("input[name=tag], input[name=add_tag]")) field.value = "";
      shut(details);
    }
    await refresh();
    if (document.activeElement === document.body) document.getElementById(id)?.focus({ preventScroll: true });
  } catch (problem) {
    if (said) said.textContent = problem.message;
    else { // the page that it leads to says why
      form.removeAttribute("data-labels");
      form.requestSubmit(button);
    }
  } finally {
    form.ariaBusy = null;
  }
}

const reason = (text) => new DOMParser().parseFromString(text, "text/html").querySelector("main p:last-of-type")?.textContent;

export function start() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-labels]")) return;
    if (event.submitter?.name === "export") return void panel(event.submitter)?.removeAttribute("open");
    event.preventDefault();
    send(event.target, event.submitter);
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches("details.picker[open]")) event.target.querySelector("[data-labels] input:not([type=hidden]), #bulk-tag input")?.select();
  }, true);
  document.addEventListener("keydown", (event) => {
    const details = event.key === "Escape" && panel(event.target);
    if (!details) return;
    event.preventDefault();
    shut(details);
  });
  document.addEventListener("click", (event) => {
    for (const details of document.querySelectorAll("details.picker[open]:has([data-labels]), .bulk details.picker[open]")) {
      if (!details.contains(event.target)) details.open = false;
    }
  });
}
