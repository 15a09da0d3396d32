"""The marketplace: loads and capacities, searched and matched. See README.md; functions are in `store`."""
