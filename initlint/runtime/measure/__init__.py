"""Measure: whether the numbers of a tensor follow a law. One pass leaves a record that adds up, which tests read."""
