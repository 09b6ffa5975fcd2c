// This browser remembers which columns it shows and how dense the rows are; an address that says
// otherwise wins. A cookie, so that the server draws the list right the first time.
const YEAR_SECONDS = 31_536_000;

export function start() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-look]");
    if (!link) return;
    const asked = new URL(link.href).searchParams;
    const look = new URLSearchParams(["cols", "density"].filter((name) => asked.has(name)).map((name) => [name, asked.get(name)]));
    document.cookie = `parley-look=${encodeURIComponent(look)}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  });
}
