"""EPCIS documents as they travel: JSON-LD and XML, in and out."""
