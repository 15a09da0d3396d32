"""Publishing offers: drafts, repeats, files, chat messages, partners, saved lanes, what looks false: README.md."""
