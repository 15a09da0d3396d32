// A search on the map: what it found comes after the page, and the map's window becomes a filter at a tap.

// Everything found, by place, and the lanes of the list; fetched apart so that the list need not wait for it.
export async function drawMore(map, box, maplibre) {
  const data = await fetched(box.dataset.more);
  if (!data) return;
  map.haoyunData = data; // a change of theme draws it again
  const draw = () => map.getSource("page")?.setData(data);
  if (map.getSource("page")) draw();
  else map.once("styledata", draw);
  const bounds = new maplibre.LngLatBounds();
  for (const { geometry } of data.features) if (geometry.type === "Point") bounds.extend(geometry.coordinates);
  if (!bounds.isEmpty()) map.fitBounds(bounds, { padding: Math.min(56, box.clientWidth / 6), maxZoom: 9, animate: false });
}

async function fetched(address) {
  try {
    const answer = await fetch(address);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // offline: the list stands beside it
  }
}

// Shown once the reader has moved the map; what the page itself does to the map offers nothing.
export function offerWindow(map, box) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn sm here", textContent: box.dataset.here, hidden: true });
  box.append(button);
  map.on("moveend", (event) => {
    if (event.originalEvent) button.hidden = false;
  });
  button.addEventListener("click", () => {
    const form = document.getElementById(box.dataset.window);
    const field = form.elements.bbox ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: "bbox" }));
    field.value = windowOf(map.getBounds());
    form.requestSubmit();
  });
}

function windowOf(bounds) {
  const edge = (value, most) => Math.min(most, Math.max(-most, value)).toFixed(3);
  const [west, east] = bounds.getEast() - bounds.getWest() >= 360 ? [-180, 180] : [wrapped(bounds.getWest()), wrapped(bounds.getEast())];
  return [edge(west, 180), edge(bounds.getSouth(), 90), edge(east, 180), edge(bounds.getNorth(), 90)].join(",");
}

function wrapped(lon) {
  return ((((lon + 180) % 360) + 360) % 360) - 180;
}
