"""Meaning: what names, expressions and tests stand for, and what constructions build."""
