// What is left until an end, second by second. The server says how many seconds; the reader's clock may be wrong.
const seen = new WeakMap();

export function tickCountdowns() {
  setInterval(() => {
    for (const element of document.querySelectorAll("[data-left-s]")) {
      if (!seen.has(element)) seen.set(element, performance.now() / 1000 + Number(element.dataset.leftS));
      const left = Math.max(0, Math.ceil(seen.get(element) - performance.now() / 1000));
      element.textContent = `${Math.floor(left / 3600)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
    }
  }, 1000);
}

function two(number) {
  return String(number).padStart(2, "0");
}
