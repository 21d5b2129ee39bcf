"""Colours by what they stand for, for light and dark surroundings."""

from __future__ import annotations

LIGHT = {
    "paper": "#ffffff",
    "card": "#f8fafc",
    "edge": "#cbd5e1",
    "text": "#0f172a",
    "dim": "#64748b",
    "task": "#e2e8f0",
    "raw": "#475569",
    "file": "#0f766e",
    "db": "#7c3aed",
    "completed": "#15803d",
    "failed": "#dc2626",
    "crashed": "#c2560c",
    "cancelled": "#6b7280",
    "running": "#1d5fd6",
    "scheduled": "#a16207",
    "none": "#94a3b8",
}

DARK = {
    "paper": "#0f172a",
    "card": "#1e293b",
    "edge": "#475569",
    "text": "#f1f5f9",
    "dim": "#94a3b8",
    "task": "#334155",
    "raw": "#cbd5e1",
    "file": "#2dd4bf",
    "db": "#c4b5fd",
    "completed": "#4ade80",
    "failed": "#f87171",
    "crashed": "#fb923c",
    "cancelled": "#9ca3af",
    "running": "#60a5fa",
    "scheduled": "#facc15",
    "none": "#64748b",
}

_STATES = {
    "COMPLETED": "completed",
    "FAILED": "failed",
    "CRASHED": "crashed",
    "CANCELLED": "cancelled",
    "CANCELLING": "cancelled",
    "RUNNING": "running",
    "PENDING": "scheduled",
    "SCHEDULED": "scheduled",
    "PAUSED": "scheduled",
}


def of_state(state_type: str) -> str:
    """Return the name of a state's colour, those that Prefect's pages have."""
    return _STATES.get(state_type, "none")
