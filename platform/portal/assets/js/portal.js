// Loaded on every page. The map and its library come only where a page has one.
import htmx from "htmx.org";
import { tickCountdowns } from "./countdown.js";
import { completePlaces } from "./places.js";
import { watchTheme } from "./theme.js";

// A failed refresh must not paint an error page into a panel: the panel keeps its content and says that it is stale.
htmx.config.noSwap = [204, 304, "4xx", "5xx"];
htmx.config.history = false;

watchTheme();
markStalePanels();
listen();
tickCountdowns();
for (const list of document.querySelectorAll("datalist[data-more]")) completePlaces(list);
if (document.querySelector("[data-passkey-add], [data-passkey-sign-in]")) import("./passkeys.js").then(({ mountPasskeys }) => mountPasskeys());
for (const box of document.querySelectorAll("[data-replay]")) import("./replay.js").then(({ mountReplay }) => mountReplay(box));
for (const page of document.querySelectorAll("[data-fences]")) import("./fences.js").then(({ mountFences }) => mountFences(page));
mountWhenSeen([...document.querySelectorAll("[data-map]")]); // a module runs when the page is parsed

function mountWhenSeen(maps) {
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((e) => e.isIntersecting)) {
      watcher.unobserve(entry.target); // once: a map is mounted for good
      import("./map.js").then(({ mountMap }) => mountMap(entry.target));
    }
  });
  for (const element of maps) watcher.observe(element);
}

function markStalePanels() {
  const panel = (event) => event.target.closest?.("[data-fresh]");
  const stale = (event) => panel(event)?.classList.add("is-stale");
  document.addEventListener("htmx:error", stale);
  document.addEventListener("htmx:timeout", stale);
  document.addEventListener("htmx:after:request", (event) => {
    const status = event.detail?.ctx?.response?.status ?? event.detail?.ctx?.response?.raw?.status;
    panel(event)?.classList.toggle("is-stale", !(status >= 200 && status < 400));
  });
}

function listen() {
  document.addEventListener("click", (event) => {
    const toggle = event.target.closest?.("[data-map-switch]");
    if (toggle) switchMap(toggle);
    if (event.target.closest?.("[data-print]")) window.print();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-submit-on-change]")) event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const words = event.target.dataset?.confirm;
    if (words && !window.confirm(words)) event.preventDefault();
  });
}

function switchMap(button) {
  const shown = document.querySelector(button.dataset.mapSwitch).classList.toggle("show-map");
  button.setAttribute("aria-pressed", String(shown));
  button.querySelector("span").textContent = shown ? button.dataset.list : button.dataset.label;
  window.scrollTo({ top: 0 });
}
