"""Live positions for browsers: read once, fanned out to everybody who may see them. Start reading at server.py."""
