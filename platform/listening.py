"""The socket that a server listens on. A module of its own, so that the live process loads no portal."""

from __future__ import annotations

import socket

import click

BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; what is in the way becomes a sentence for the user."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise click.ClickException(
            f"{host}:{port} cannot be used ({error.strerror}); name another with --port"
        ) from None
    listener.listen(BACKLOG)
    return listener
