"""Figures of the market for everybody: rolled up from facts, protected, released; see README.md."""
