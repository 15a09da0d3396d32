"""EPCIS queries: parameters, what they mean, how they are answered."""
