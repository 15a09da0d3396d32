"""Stored EPCIS events: tables, capture, index, master data."""
