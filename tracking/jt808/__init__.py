"""JT/T 808 for terminals in Chinese trucks: pure codec, session as a state machine, the server at the rim.

Start reading at frame.py (bytes on the line), messages.py (what they say), session.py (who answers what).
"""
