"""Arguments of initialisers that stand in the wrong slot, or under a name that is not theirs."""
