"""Webhooks: market and order events told to the systems of organizations. Start reading at follow.py."""
