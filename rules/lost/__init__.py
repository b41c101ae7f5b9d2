"""Lost: the init is written and then gone."""
