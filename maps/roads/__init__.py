"""Routes for vehicles on real roads: profiles, turns, live changes, matrices, areas; start at `road_engine`."""
