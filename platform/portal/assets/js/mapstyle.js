// The look of the map, from the same colour tokens as the pages. No glyph server: labels are drawn from the reader's fonts.
import { baseMap } from "./basemap.js";
import { isDark, token } from "./theme.js";

const KIND_COLOURS = { gps: "--gps", rfid: "--rfid", plan: "--plan", planned: "--plan", moving: "--brand", stale: "--mut" };
const PARKED = "#d9822b";

export function mapStyle(box, data) {
  const base = baseMap(box);
  const own = pageParts(data);
  return { version: 8, sources: { ...base.sources, ...own.sources }, layers: [...base.layers, ...own.layers] };
}

// What a page draws on top, whatever lies below.
export function pageParts(data) {
  return { sources: { page: { type: "geojson", data } }, layers: [...lines(), points()] };
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
