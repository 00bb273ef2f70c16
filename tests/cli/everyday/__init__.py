"""Everyday work, as it is typed."""
