// Vehicles as they move: a stream of positions, and a question every few seconds where no stream is to be had.
const EVERY_MS = 5000;
const TIMEOUT_MS = 8000;
const RETRY_MS = 15000; // until a stream is tried again

export function follow(map, box, maplibre) {
  const popup = new maplibre.Popup({ offset: 12, closeButton: false });
  const hints = box.querySelector("[data-ticket]");
  let chosen = null;
  let fitted = false;
  let streaming = false;
  const show = async (data) => {
    map.haoyunData = data;
    await drawn(map);
    map.getSource("page")?.setData(data);
    if (!fitted) fitted = fit(map, data, maplibre);
    moveWords(popup, data, chosen);
    fresh(box, data);
  };
  const refresh = async () => {
    if (document.hidden || streaming) return;
    try {
      await show(await ask(box.dataset.live));
    } catch (error) {
      console.warn("live map:", error.message);
      stale(box);
    }
  };
  const choose = (feature) => {
    words(popup, feature).addTo(map); // closes the popup first, which forgets what was chosen
    chosen = feature.properties.id;
  };
  map.on("click", "points", (event) => choose(event.features[0]));
  popup.on("close", () => { chosen = null; });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-fly]");
    if (!button) return;
    const feature = map.haoyunData?.features.find((one) => one.properties.id === button.dataset.fly);
    if (!feature) return;
    choose(feature);
    map.easeTo({ center: feature.geometry.coordinates, zoom: Math.max(map.getZoom(), 8) });
  });
  document.addEventListener("visibilitychange", refresh);
  refresh();
  setInterval(refresh, EVERY_MS);
  if (hints) listen(hints, show, (now) => { streaming = now; box.dataset.streaming = now; if (!now) refresh(); });
}

// Opens the stream with a fresh ticket each time: one that was taken away is not issued again.
async function listen(hints, show, streams) {
  const vehicles = new Map();
  const again = () => setTimeout(() => listen(hints, show, streams), RETRY_MS);
  let stream = null;
  try {
    const { stream: url } = await ask(hints.dataset.ticket);
    if (!url) return;
    stream = new EventSource(url);
  } catch (error) {
    console.warn("live stream:", error.message);
    again();
    return;
  }
  const take = (event, forget) => {
    if (forget) vehicles.clear();
    for (const one of JSON.parse(event.data)) vehicles.set(one.id, one);
    streams(true);
    show(collection(vehicles, hints.dataset.speed));
  };
  stream.addEventListener("all", (event) => take(event, true));
  stream.addEventListener("moved", (event) => take(event, false));
  stream.onerror = () => { stream.close(); streams(false); again(); };
}

function collection(vehicles, speed) {
  const features = [...vehicles.values()].map((one) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [one.lon, one.lat] },
    properties: { id: one.id, kind: one.kind, size: 7, label: label(one, speed) },
  }));
  return { type: "FeatureCollection", features, moving: features.filter((one) => one.properties.kind === "moving").length };
}

function label(one, speed) {
  const at = new Date(one.at).toLocaleTimeString([], { hour12: false, timeZone: document.documentElement.dataset.zone });
  const kmh = one.kind === "moving" && one.kmh ? speed.replace("#", one.kmh) : "";
  return [one.plate, kmh, at].filter(Boolean).join(" · ");
}

async function ask(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the platform answered ${answer.status}`);
  return answer.json();
}

function drawn(map) {
  return map.getSource("page") ? Promise.resolve() : new Promise((done) => map.once("styledata", done));
}

function fit(map, data, maplibre) {
  if (!data.features.length) return false;
  const bounds = new maplibre.LngLatBounds();
  for (const feature of data.features) bounds.extend(feature.geometry.coordinates);
  map.fitBounds(bounds, { padding: 60, maxZoom: 11, duration: 0 });
  return true;
}

function words(popup, feature) {
  return popup.setLngLat(feature.geometry.coordinates).setText(feature.properties.label);
}

function moveWords(popup, data, chosen) {
  const feature = chosen && data.features.find((one) => one.properties.id === chosen);
  if (feature && popup.isOpen()) words(popup, feature);
}

function fresh(box, data) {
  box.classList.remove("is-stale");
  const count = box.querySelector("[data-count]");
  if (count) count.textContent = data.moving;
}

function stale(box) {
  box.classList.add("is-stale");
}
