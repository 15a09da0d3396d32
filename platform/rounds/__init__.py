"""Global rounds: what the whole market would best do, measured against first come, first served, and proposed."""
