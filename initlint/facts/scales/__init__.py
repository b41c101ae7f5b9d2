"""Scales: the numbers that initialisers are given, held against gains, fans and laws."""
