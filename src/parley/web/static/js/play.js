// Forms that ask a model: Ctrl+Enter sends them, and they are sent once however often one presses.
export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest?.("form[data-busy]");
    form?.requestSubmit(form.querySelector(".btn--primary"));
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-busy]")) return;
    if (event.target.ariaBusy === "true") event.preventDefault();
    event.target.ariaBusy = "true";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-busy]")) form.ariaBusy = null;
  });
}
