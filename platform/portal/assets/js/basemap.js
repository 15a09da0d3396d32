// The ground of the map: our own vector tiles, or the GeoJSON of a map without tiles, or a base map that the operator chose.
import { token } from "./theme.js";

const ROUND = { "line-join": "round", "line-cap": "round" };
const GREEN = ["match", ["get", "kind"], ["wood"], "wood", ["park", "grass", "pitch", "wetland"], "park", "other"];

// {sources, layers} below everything that a page draws itself.
export function baseMap(box) {
  const base = JSON.parse(box.dataset.base);
  if (base.raster) return rasterBase(base);
  if (base.tiles.roads) return tileBase(base, box.dataset.lang);
  return roadBase(box);
}

// A whole style of another maker stands below the page's layers instead.
export function foreignStyle(box) {
  return JSON.parse(box.dataset.base).style || null;
}

function rasterBase(base) {
  return {
    sources: { base: { type: "raster", tiles: [absolute(base.raster)], tileSize: 256, maxzoom: 18, attribution: base.attribution } },
    layers: [ground(), { id: "base", type: "raster", source: "base" }],
  };
}

function tileBase(base, lang) {
  const sources = {};
  for (const [part, { url, ...extent }] of Object.entries(base.tiles)) {
    sources[part] = { type: "vector", tiles: [absolute(url)], ...extent };
  }
  const road = base.schematic ? schematicRoads({ source: "roads", "source-layer": "roads" }) : streets();
  const names = base.schematic ? [] : streetNames();
  const land = base.tiles.land ? landLayers() : [];
  const placesOf = (part) => places({ source: part, "source-layer": "places" }, lang, `${part}-`);
  const labels = [...(base.tiles.land ? placesOf("land") : []), ...placesOf("roads")];
  return { sources, layers: [ground(), ...land, ...road, ...names, ...labels] };
}

function roadBase(box) {
  return {
    sources: {
      roads: { type: "geojson", data: absolute(box.dataset.network) },
      places: { type: "geojson", data: absolute(box.dataset.places) },
    },
    layers: [ground(), ...schematicRoads({ source: "roads" }), ...places({ source: "places" }, box.dataset.lang)],
  };
}

// MapLibre's worker needs whole addresses; the braces of a template must stay as they are.
function absolute(url) {
  return new URL(url, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
}

const ground = () => ({ id: "ground", type: "background", paint: { "background-color": token("--map") } });

const grow = (...stops) => ["interpolate", ["exponential", 1.4], ["zoom"], ...stops];

function schematicRoads(source) {
  const width = (base) => grow(3, base * 0.5, 7, base * 1.2, 14, base * 3.5);
  const line = (id, colour, base, paint = {}) => ({ id, type: "line", ...source, layout: ROUND, paint: { "line-color": token(colour), "line-width": width(base), ...paint } });
  const near = ["interpolate", ["linear"], ["zoom"], 4.5, 0, 6, 1]; // a white core on a hair line would only bleach it
  return [line("road-casing", "--map-casing", 2.2), line("road", "--map-road", 1.1, { "line-opacity": near })];
}

function landLayers() {
  const of = (layer) => ({ source: "land", "source-layer": layer });
  const fill = (id, layer, colour, more = {}) => ({ id, type: "fill", ...of(layer), paint: { "fill-color": colour, "fill-antialias": true }, ...more });
  const use = ["match", ["get", "kind"], "wood", token("--map-wood"), ["park", "grass", "pitch", "wetland"], token("--map-park"), "built", token("--map-built"), token("--map-industry")];
  const rail = { ...of("rail"), type: "line", layout: { "line-join": "round" } };
  const yard = ["==", ["get", "kind"], "rail"];
  return [
    fill("land", "land", use, { layout: { "fill-sort-key": ["match", GREEN, "other", 0, "wood", 1, 2] } }),
    fill("water", "water", token("--map-water")),
    { id: "waterway", type: "line", ...of("waterway"), layout: ROUND, paint: { "line-color": token("--map-water"), "line-width": grow(8, 0.7, 12, ["match", ["get", "kind"], "stream", 0.8, 2], 16, ["match", ["get", "kind"], "stream", 2, 7]) } },
    fill("building", "building", token("--map-building")),
    { id: "rail", ...rail, paint: { "line-color": token("--map-rail"), "line-width": grow(8, 0.5, 12, ["case", yard, 1.1, 0.6], 16, ["case", yard, 2.6, 1.4]) } },
    { id: "rail-ties", ...rail, minzoom: 12, filter: yard, paint: { "line-color": token("--map"), "line-width": grow(12, 0.5, 16, 1.4), "line-dasharray": [6, 6] } },
  ];
}

// From the least important up, so that crossings look as if the greater road went on top.
function streets() {
  const of = { source: "roads", "source-layer": "roads", layout: ROUND, type: "line" };
  const is = (...classes) => ["in", ["get", "class"], ["literal", classes]];
  const main = is("motorway", "trunk");
  const middle = is("primary", "secondary");
  const small = ["!", is("motorway", "trunk", "primary", "secondary", "tertiary")];
  const link = (base) => ["case", ["has", "link"], base * 0.6, base];
  const widths = {
    small: grow(12, 0.4, 13, 0.7, 14, 2, 16, 5.5, 18, 14),
    tertiary: grow(11, 0.5, 13, 1.8, 14, 3, 16, 8, 18, 20),
    middle: grow(8, 0.5, 11, link(1.5), 13, link(3.2), 16, link(11), 18, link(26)),
    main: grow(5, 0.8, 8, link(1.3), 11, link(2.3), 13, link(4.2), 16, link(13), 18, link(30)),
  };
  const cased = (stops) => stops.map((part, i) => (i > 2 && i % 2 === 0 ? ["+", part, 1.6] : part));
  const kinds = [["small", small, 14], ["tertiary", is("tertiary"), 13], ["middle", middle, 11], ["main", main, 7]];
  const casing = kinds.map(([name, filter, minzoom]) => ({
    id: `road-${name}-casing`, ...of, filter, minzoom,
    paint: { "line-color": token(name === "main" ? "--map-main-casing" : "--map-casing"), "line-width": cased(widths[name]) },
  }));
  const inner = kinds.map(([name, filter]) => ({
    id: `road-${name}`, ...of, filter,
    paint: { "line-color": colour(name), "line-width": widths[name] },
  }));
  return [...casing, ...inner];
}

// Far out a road is one thin line: it needs contrast with the ground; close by it is a white band with a casing.
function colour(name) {
  if (name === "main") return token("--map-main");
  const far = token("--map-far");
  const from = { small: 13.5, tertiary: 12.5, middle: 10.5 }[name];
  return ["interpolate", ["linear"], ["zoom"], from, far, from + 1, token("--map-road")];
}

function streetNames() {
  const along = {
    type: "symbol", source: "roads", "source-layer": "roads",
    paint: { "text-color": token("--map-name"), "text-halo-color": token("--map-halo"), "text-halo-width": 1.4 },
  };
  const layout = { "symbol-placement": "line", "text-max-angle": 30, "text-padding": 4, "symbol-spacing": 320 };
  return [
    { ...along, id: "road-names", minzoom: 13, filter: ["has", "name"], layout: { ...layout, "text-field": ["get", "name"], "text-size": grow(13, 10.5, 17, 13) } },
    { ...along, id: "road-numbers", minzoom: 8, filter: ["all", ["has", "ref"], ["!", ["has", "link"]]], layout: { ...layout, "text-field": ["get", "ref"], "text-size": 10.5, "text-rotation-alignment": "viewport" } },
  ];
}

function places(source, lang, prefix = "") {
  const rank = ["coalesce", ["get", "rank"], 3];
  const named = lang === "zh" ? ["name_zh", "name_en"] : ["name_en", "name_zh"];
  return [
    {
      id: `${prefix}place-dots`, type: "circle", ...source, minzoom: 4,
      paint: { "circle-radius": ["case", ["<=", rank, 1], 3.2, 2.2], "circle-color": token("--map-dot") },
    },
    {
      id: `${prefix}place-names`, type: "symbol", ...source,
      layout: {
        "text-field": ["coalesce", ...named.map((name) => ["get", name]), ""],
        "text-size": ["case", ["<=", rank, 1], 14, 12],
        "text-anchor": "top", "text-offset": [0, 0.5], "text-optional": true, "symbol-sort-key": rank, "text-padding": 6,
      },
      paint: { "text-color": token("--map-text"), "text-halo-color": token("--map-halo"), "text-halo-width": 1.6 },
    },
  ];
}
