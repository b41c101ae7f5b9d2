"""Reading: the one traversal of the LibCST tree, and the record of scopes, bindings, blocks and events it leaves."""
