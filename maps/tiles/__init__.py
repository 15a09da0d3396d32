"""Vector tiles: cut, encoded, packed and read again; `tileset` is the way in."""
