"""The long statistical tests run only where the marker is asked for: `pytest -m calibration`."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "calibration" in config.getoption("markexpr"):
        return
    long = [item for item in items if item.get_closest_marker("calibration")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in set(long)]
