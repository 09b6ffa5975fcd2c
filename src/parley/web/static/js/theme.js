// The reader's choice of light or dark. A classic script in the head: it runs before the first
// paint, so a stored choice never flashes.
(() => {
  const KEY = "parley-theme";
  const root = document.documentElement;
  const stored = () => {
    try { return localStorage.getItem(KEY); } catch { return null; }
  };
  const show = (theme) => {
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  };
  show(stored());
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-toggle]")) return;
    const now = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    show(next);
    try { localStorage.setItem(KEY, next); } catch { /* private window: the choice lasts for this page */ }
  });
})();
