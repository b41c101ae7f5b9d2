"""Style: same numbers, clearer or future-proof spelling."""
