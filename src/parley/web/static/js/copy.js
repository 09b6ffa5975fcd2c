// Copy buttons: the text in data-copy, the address in data-copy-href, or the code block that the button heads.
const SAID_MS = 1200;

async function copy(button) {
  const { copyHref } = button.dataset;
  const text = copyHref ? new URL(copyHref, location.href).href : button.dataset.copy || button.closest(".code")?.querySelector("pre")?.textContent || "";
  const label = button.querySelector("span") ?? button;
  const before = label.textContent;
  label.setAttribute("hx-morph-skip", ""); // a live page keeps what the button says
  try {
    await navigator.clipboard.writeText(text);
    label.textContent = "Copied";
  } catch {
    label.textContent = "Not allowed";
  }
  setTimeout(() => {
    label.textContent = before === text ? button.dataset.copy : before; // another id by now
    label.removeAttribute("hx-morph-skip");
  }, SAID_MS);
}

export function start() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copy], button[data-copy-href]");
    if (button && !button.dataset.busy) {
      button.dataset.busy = "1";
      copy(button).finally(() => setTimeout(() => delete button.dataset.busy, SAID_MS));
    }
  });
}
