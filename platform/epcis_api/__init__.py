"""The REST interface of EPCIS 2.0 under /epcis/v2."""
