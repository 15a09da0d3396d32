"""Chat messages read by rules into drafts: `parse.parse_message` is the way in. Pure."""
