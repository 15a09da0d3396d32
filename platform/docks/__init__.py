"""Warehouses and their docks as capacity that is booked: slots, bookings, free and busy."""
