"""The history of fixes: how rows are appended, kept by day, read, exported and dropped."""
