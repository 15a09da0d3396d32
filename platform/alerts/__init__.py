"""Alerts: what tracking notices, told to the people who asked for it. Start reading at follow.py."""
