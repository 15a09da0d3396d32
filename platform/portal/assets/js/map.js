// One map for every page: the road network as ground, what the page brings along on top.
import * as maplibre from "maplibre-gl";
import { follow } from "./live.js";
import { foreignStyle } from "./basemap.js";
import { mapStyle, pageParts } from "./mapstyle.js";
import { drawMore, offerWindow } from "./results.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const PADDING = 56;

export async function mountMap(box) {
  maplibre.setWorkerUrl(box.dataset.worker);
  const data = readData(box);
  try {
    const map = newMap(box, data);
    box.map = map; // for tests and for the curious at the console
    map.on("error", (event) => console.warn("map:", event.error?.message ?? event));
    addControls(map, box);
    // Resolving "load" waits for the ground; the page's own layers are part of the style and need no waiting.
    map.once("load", () => ready(box, map));
    document.addEventListener("haoyun:theme", () => dress(map, box, currentData(map, data)));
    if (box.dataset.live) follow(map, box, maplibre);
    else showWords(map);
    if (box.dataset.more) drawMore(map, box, maplibre);
    if (box.dataset.window) offerWindow(map, box);
    box.closest("[data-map-scope]")?.addEventListener("pointerover", (event) => light(map, event));
  } catch (error) {
    box.querySelector(".map-loading").textContent = box.dataset.unavailable;
    console.warn("map:", error.message);
  }
}

function newMap(box, data) {
  const bounds = boundsOf(data) ?? JSON.parse(box.dataset.bounds);
  const map = new maplibre.Map({
    container: box.querySelector(".canvas"),
    bounds,
    fitBoundsOptions: { padding: Math.min(PADDING, box.clientWidth / 6), maxZoom: 12 },
    attributionControl: false,
    localIdeographFontFamily: getComputedStyle(document.body).fontFamily,
    dragRotate: false,
    cooperativeGestures: false,
    fadeDuration: 0,
  });
  dress(map, box, data);
  return map;
}

// Our own style, or that of a base map the operator chose with the page's layers on top.
function dress(map, box, data) {
  const foreign = foreignStyle(box);
  if (!foreign) return map.setStyle(mapStyle(box, data));
  const own = pageParts(data);
  return map.setStyle(new URL(foreign, location.href).href, {
    transformStyle: (_, style) => ({ ...style, sources: { ...style.sources, ...own.sources }, layers: [...style.layers, ...own.layers] }),
  });
}

function addControls(map, box) {
  map.addControl(new maplibre.AttributionControl({ compact: false, customAttribution: box.dataset.attribution }));
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "bottom-right");
  map.touchZoomRotate.disableRotation();
  map.getCanvas().setAttribute("aria-label", box.dataset.label);
  map.getCanvas().setAttribute("role", "img");
}

function ready(box, map) {
  box.classList.add("ready");
  new ResizeObserver(() => map.resize()).observe(box);
}

function readData(box) {
  const script = box.dataset.features && document.querySelector(box.dataset.features);
  return script ? JSON.parse(script.textContent) : EMPTY;
}

function currentData(map, fallback) {
  return map.haoyunData ?? fallback;
}

function boundsOf(data) {
  const bounds = new maplibre.LngLatBounds();
  for (const { geometry } of data.features) {
    const positions = geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates;
    for (const position of positions) bounds.extend(position);
  }
  return bounds.isEmpty() ? null : bounds;
}

function showWords(map) {
  const popup = new maplibre.Popup({ closeButton: false, offset: 10 });
  map.on("mousemove", "points", (event) => {
    const { properties, geometry } = event.features[0];
    if (!properties.label) return;
    map.getCanvas().style.cursor = "pointer";
    popup.setLngLat(geometry.coordinates).setText(properties.label).addTo(map);
  });
  map.on("mouseleave", "points", () => {
    map.getCanvas().style.cursor = "";
    popup.remove();
  });
}

function light(map, event) {
  const id = event.target.closest("[data-feature]")?.dataset.feature ?? "";
  if (!map.getLayer("lines-lit")) return;
  map.setFilter("lines-lit", ["==", ["get", "id"], id]);
}
