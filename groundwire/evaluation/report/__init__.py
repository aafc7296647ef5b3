"""A run as one HTML file: figures, curves, and pictures, failures first. It fetches nothing and runs no script."""

from groundwire.evaluation.report.page import robustness_page, run_page

__all__ = ["robustness_page", "run_page"]
