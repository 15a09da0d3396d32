// The look of the map, from the same colour tokens as the pages. No glyph server: labels are drawn from the reader's fonts.
import { isDark, token } from "./theme.js";

const KIND_COLOURS = { gps: "--gps", rfid: "--rfid", plan: "--plan", planned: "--plan", moving: "--brand", stale: "--mut" };
const PARKED = "#d9822b";

export function mapStyle(box, data) {
  return {
    version: 8,
    sources: {
      roads: { type: "geojson", data: new URL(box.dataset.network, location.href).href },
      places: { type: "geojson", data: new URL(box.dataset.places, location.href).href },
      page: { type: "geojson", data },
    },
    layers: [ground(), ...roads(), ...lines(), ...places(box.dataset.lang), points()],
  };
}

const ground = () => ({ id: "ground", type: "background", paint: { "background-color": token("--map") } });

function roads() {
  const width = (base) => ["interpolate", ["exponential", 1.4], ["zoom"], 3, base * 0.5, 7, base * 1.2, 14, base * 3.5];
  const layout = { "line-join": "round", "line-cap": "round" };
  const casing = { "line-color": token("--map-casing"), "line-width": width(2.2) };
  const inner = { "line-color": token("--map-road"), "line-width": width(1.1) };
  return [
    { id: "road-casing", type: "line", source: "roads", layout, paint: casing },
    { id: "road", type: "line", source: "roads", layout, paint: inner },
  ];
}

function lines() {
  const layout = { "line-join": "round", "line-cap": "round" };
  const colour = ["coalesce", ["get", "colour"], byKind(token("--brand"))];
  const thin = { "line-color": colour, "line-width": 3, "line-opacity": ["coalesce", ["get", "opacity"], 0.75] };
  const dashed = { ...thin, "line-dasharray": [1.5, 1.8], "line-opacity": 0.9 };
  return [
    { id: "lines-planned", type: "line", source: "page", filter: ["all", ["==", ["geometry-type"], "LineString"], ["==", ["get", "kind"], "planned"]], layout, paint: dashed },
    { id: "lines", type: "line", source: "page", filter: ["all", ["==", ["geometry-type"], "LineString"], ["!=", ["get", "kind"], "planned"]], layout, paint: thin },
    { id: "lines-lit", type: "line", source: "page", filter: ["==", ["get", "id"], ""], layout, paint: { "line-color": token("--rfid"), "line-width": 5 } },
  ];
}

function places(lang) {
  const rank = ["coalesce", ["get", "rank"], 3];
  return [
    {
      id: "place-dots", type: "circle", source: "places", minzoom: 4,
      paint: { "circle-radius": ["case", ["<=", rank, 1], 3.2, 2.2], "circle-color": token("--map-dot") },
    },
    {
      id: "place-names", type: "symbol", source: "places",
      layout: {
        "text-field": ["coalesce", ["get", lang === "zh" ? "name_zh" : "name_en"], ["get", "name_en"], ""],
        "text-size": ["case", ["<=", rank, 1], 14, 12],
        "text-anchor": "top", "text-offset": [0, 0.5], "text-optional": true, "symbol-sort-key": rank, "text-padding": 6,
      },
      paint: { "text-color": token("--map-text"), "text-halo-color": token("--map-halo"), "text-halo-width": 1.6 },
    },
  ];
}

function points() {
  return {
    id: "points", type: "circle", source: "page", filter: ["==", ["geometry-type"], "Point"],
    paint: {
      "circle-radius": ["coalesce", ["get", "size"], 6],
      "circle-color": ["coalesce", ["get", "colour"], byKind(token("--brand"))],
      "circle-stroke-width": 2, "circle-stroke-color": isDark() ? "#e8edf3" : "#fff",
    },
  };
}

function byKind(other) {
  const cases = Object.entries(KIND_COLOURS).flatMap(([kind, name]) => [kind, token(name)]);
  return ["match", ["coalesce", ["get", "kind"], ""], ...cases, "parked", PARKED, other];
}
