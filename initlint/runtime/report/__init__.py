"""How a run of the runtime checker is shown. Free of torch."""
