"""Named queries and subscriptions to them."""
