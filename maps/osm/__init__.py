"""From OpenStreetMap to a RoadNetwork.

`figures` and `conditions` read tag values; `tags` says what a way is, who may use it and how fast; `reader`
takes ways, restrictions and nodes out of a file in two passes; `split` cuts ways into edges; `barriers` and
`turns` add what stands at nodes; `build` puts it together. `download` asks for a place by name.
"""

OSM_ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"
