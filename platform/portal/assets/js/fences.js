// Drawing a fence by tapping on the map: a circle, an area, or a corridor along a road. Its GeoJSON goes into the form.
import { token } from "./theme.js";

const METRES_A_DEGREE = 111_195;
const EMPTY = { type: "FeatureCollection", features: [] };

export function mountFences(page) {
  const form = page.querySelector("[data-fence-form]");
  const box = page.querySelector("[data-map]");
  if (!form || !box) return;
  const points = [];
  const field = (name) => form.elements[name];
  const kind = () => field("draw_kind").value;
  const metres = () => Number(field("radius_m").value) || 500;

  const redraw = () => {
    const hint = form.querySelector("[data-hint]");
    hint.textContent = hint.dataset[kind()];
    const shape = shapeOf(kind(), points, metres());
    field("shape").value = shape ? JSON.stringify(shape) : "";
    field("drawn").value = shape ? "map" : "";
    if (shape && kind() !== "polygon" && !field("radius_m").value) field("radius_m").value = metres();
    box.map?.getSource("draft")?.setData(draftOf(kind(), points, metres()));
  };
  const begin = () => {
    points.length = 0;
    redraw();
  };

  whenReady(box, (map) => {
    addLayers(map);
    map.on("style.load", () => (addLayers(map), redraw())); // another theme is another style
    map.getCanvas().style.cursor = "crosshair";
    map.on("click", ({ lngLat }) => {
      if (kind() === "circle") points.length = 0;
      points.push([round(lngLat.lng), round(lngLat.lat)]);
      redraw();
    });
    form.querySelector("[data-draw]").hidden = false;
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "draw_kind") begin();
    if (event.target.name === "shape") field("drawn").value = ""; // typed or pasted: WGS-84, not of the base map
  });
  form.addEventListener("input", (event) => event.target.name === "radius_m" && points.length && redraw());
  form.querySelector("[data-undo]").addEventListener("click", () => (points.pop(), redraw()));
  form.querySelector("[data-clear]").addEventListener("click", begin);
}

function whenReady(box, act) {
  if (box.map?.isStyleLoaded()) return act(box.map);
  const watch = new MutationObserver(() => {
    if (!box.classList.contains("ready")) return;
    watch.disconnect();
    act(box.map);
  });
  watch.observe(box, { attributes: true, attributeFilter: ["class"] });
}

function shapeOf(kind, points, metres) {
  if (kind === "circle") return points.length ? { type: "Point", coordinates: points[0], radius_m: metres } : null;
  if (kind === "corridor") return points.length > 1 ? { type: "LineString", coordinates: [...points], radius_m: metres } : null;
  return points.length > 2 ? { type: "Polygon", coordinates: [[...points, points[0]]] } : null;
}

function draftOf(kind, points, metres) {
  if (!points.length) return EMPTY;
  const features = points.map((at) => feature("Point", at));
  if (kind === "circle") features.push(feature("Polygon", [ring(points[0], metres)]));
  else if (kind === "polygon" && points.length > 2) features.push(feature("Polygon", [[...points, points[0]]]));
  else if (points.length > 1) features.push(feature("LineString", points));
  if (kind === "corridor") for (const at of points) features.push(feature("Polygon", [ring(at, metres)]));
  return { type: "FeatureCollection", features };
}

function ring([lon, lat], metres) {
  const east = metres / METRES_A_DEGREE / Math.cos((lat * Math.PI) / 180);
  const north = metres / METRES_A_DEGREE;
  return Array.from({ length: 49 }, (_, i) => {
    const angle = (i * Math.PI) / 24;
    return [lon + east * Math.sin(angle), lat + north * Math.cos(angle)];
  });
}

function addLayers(map) {
  if (map.getSource("draft")) return;
  map.addSource("draft", { type: "geojson", data: EMPTY });
  const colour = token("--rfid");
  map.addLayer({ id: "draft-area", type: "fill", source: "draft", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour, "fill-opacity": 0.18 } });
  map.addLayer({ id: "draft-line", type: "line", source: "draft", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": colour, "line-width": 2.5 } });
  map.addLayer({ id: "draft-points", type: "circle", source: "draft", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 5, "circle-color": colour, "circle-stroke-width": 2, "circle-stroke-color": "#fff" } });
}

const feature = (type, coordinates) => ({ type: "Feature", geometry: { type, coordinates }, properties: {} });
const round = (degrees) => Math.round(degrees * 1e6) / 1e6;
