"""Programs that measure (`make bench`); each prints ratios of things measured in the same run."""
