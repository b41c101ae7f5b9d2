"""Init sites: the calls that write a tensor's first values, their targets, and how to rewrite them."""
