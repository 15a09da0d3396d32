// Light or dark: the reader's system decides until the switch is used; a cookie remembers, so that the server can say it at once.
const YEAR_S = 31536000;

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function watchTheme() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-theme-switch]");
    if (!link) return;
    event.preventDefault();
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    document.cookie = `haoyun_theme=${theme}; path=/; max-age=${YEAR_S}; samesite=lax`;
    announce();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);
}

function announce() {
  document.dispatchEvent(new CustomEvent("haoyun:theme"));
}

export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
