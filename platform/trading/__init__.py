"""Quotes, orders and consignments. See README.md; functions are in `store`, the followers in `follow`."""
