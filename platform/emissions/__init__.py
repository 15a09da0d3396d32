"""Greenhouse gas emissions of shipments by ISO 14083; see README.md."""
