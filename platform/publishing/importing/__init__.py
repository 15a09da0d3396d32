"""Offers from spreadsheets: columns, files, rows, the job that stores them, and the report."""
