// Vehicles as they move: asks every few seconds, says so when the answers stop.
const EVERY_MS = 5000;
const TIMEOUT_MS = 8000;

export function follow(map, box, maplibre) {
  const popup = new maplibre.Popup({ offset: 12, closeButton: false });
  let chosen = null;
  let fitted = false;
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const data = await ask(box.dataset.live);
      map.haoyunData = data;
      await drawn(map);
      map.getSource("page")?.setData(data);
      if (!fitted) fitted = fit(map, data, maplibre);
      moveWords(popup, data, chosen);
      fresh(box, data);
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
