"""Places: names, addresses, divisions and freight sites, offline; `place_book.open_places` is the way in."""
