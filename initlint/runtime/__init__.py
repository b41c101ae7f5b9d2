"""The runtime checker: traces how a live model was initialised, and judges it. The only room that imports torch.

Running it executes the code of the model, which `initlint check` never does.
"""
