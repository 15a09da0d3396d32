"""Shortest paths on weighted arcs: a contraction hierarchy and, as judge and fallback, Dijkstra."""
