"""Validation of EPCIS documents by a JSON Schema of our own."""
