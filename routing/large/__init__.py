"""Problems too large for one search: split, solved in parts, and improved group by group."""
