"""Optional dependencies: find the extra that provides a module that could not be imported."""

from __future__ import annotations

from collections.abc import Mapping

MODULES_OF_EXTRAS: Mapping[str, frozenset[str]] = {
    "export": frozenset({"opentimelineio"}),
    "lab": frozenset(
        {"alembic", "cleanlab", "imagehash", "matplotlib", "mlflow", "onnx", "sklearn", "sqlalchemy", "torch"}
    ),
    "mcp": frozenset({"mcp"}),
    "notebook": frozenset({"pandas"}),
    "speech": frozenset({"pocketsphinx"}),
    "studio": frozenset({"argon2", "fastapi", "limits", "pydantic", "segno", "starlette", "uvicorn"}),
}
"""Extra in pyproject.toml → top-level modules installed only by this extra."""


def missing_extra_message(error: ModuleNotFoundError) -> str | None:
    """Explain how to install the extra that provides a missing module.

    Args:
        error: the error raised by the import.

    Returns:
        One line, or None if the module does not belong to any extra, which means a broken installation or a
        bug.
    """
    module = (error.name or "").partition(".")[0]
    for extra, modules in MODULES_OF_EXTRAS.items():
        if module in modules:
            return (
                f"this command needs the {extra} extra ({module} is not installed); "
                f"run: pip install 'moviemotion[{extra}]'"
            )
    return None
