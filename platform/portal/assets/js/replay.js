// Replay of a trip: the slider, the graph's cursor and the truck on the map go together.
const STEP_MS = 60;

export function mountReplay(box) {
  const steps = JSON.parse(box.querySelector("[data-steps]").textContent);
  const slider = box.querySelector("input");
  const cursor = box.querySelector("[data-cursor]");
  const output = box.querySelector("[data-now]");
  const button = box.querySelector("[data-play]");
  const words = button.textContent;
  const width = box.querySelector("svg").viewBox.baseVal.width;
  // As the pages write an instant: formats.short_time.
  const clock = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, {
    day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: document.documentElement.dataset.zone,
  });
  let timer = 0;
  const show = () => {
    const [at, lon, lat, kmh] = steps[Number(slider.value)];
    const share = (at - steps[0][0]) / Math.max(1, steps.at(-1)[0] - steps[0][0]);
    cursor.setAttribute("x1", share * width);
    cursor.setAttribute("x2", share * width);
    output.textContent = `${clock.format(new Date(at))} · ${kmh} km/h`;
    moveTruck([lon, lat]);
  };
  const stop = () => { clearInterval(timer); timer = 0; button.textContent = words; };
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) >= steps.length - 1) slider.value = 0;
    button.textContent = button.dataset.pause;
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      show();
      if (Number(slider.value) >= steps.length - 1) stop();
    }, STEP_MS);
  });
  slider.addEventListener("input", () => { stop(); show(); });
  show();
}

function moveTruck(position) {
  const map = document.querySelector("[data-map]")?.map;
  const source = map?.getSource("page");
  if (!source) return;
  map.replayData ??= JSON.parse(document.querySelector("#map-features").textContent);
  const truck = map.replayData.features.find((one) => one.properties.id === "truck");
  if (!truck) return;
  truck.geometry.coordinates = position;
  map.haoyunData = map.replayData;
  source.setData(map.replayData);
}
