// Completes place fields with places the map does not name itself; each option stands for the closest one it does.
// Without this file, and while the server has nothing to add, the fields complete from the list in the page.
const WAIT_MS = 200; // typing on sends no request for every letter

export function completePlaces(list) {
  let timer, request;
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.getAttribute?.("list") !== list.id) return;
    clearTimeout(timer);
    request?.abort();
    timer = setTimeout(async () => {
      request = new AbortController();
      show(list, await found(list.dataset.more, field.value, request.signal));
    }, WAIT_MS);
  });
}

async function found(address, typed, signal) {
  if (!typed.trim()) return [];
  const url = new URL(address, location.href);
  url.searchParams.set("q", typed);
  try {
    const answer = await fetch(url, { signal });
    return answer.ok ? await answer.json() : [];
  } catch {
    return []; // typed on, or offline: the page's own list stays
  }
}

function show(list, options) {
  for (const old of list.querySelectorAll("[data-found]")) old.remove();
  for (const { value, label } of options) {
    const option = document.createElement("option");
    Object.assign(option, { value, label });
    option.dataset.found = "";
    list.append(option);
  }
}
