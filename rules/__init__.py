"""The rules; one folder per family, one module and one page per rule."""
