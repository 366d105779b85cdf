"""Hidden tests, one folder an assignment; nothing in here is ever released or shown to student code."""
