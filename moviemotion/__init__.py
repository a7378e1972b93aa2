"""MoviEmotion measures an audience's emotions from video, second by second, and maps them to the screenplay.

The names below are the public Python API; everything else may change between versions. They are imported on
first use, so that `import moviemotion` stays fast.

Example:
    >>> import moviemotion as mm
    >>> study = mm.read_study("study")                                   # doctest: +SKIP
    >>> study.timeline.head()                                            # doctest: +SKIP
    >>> study.plot()                                                     # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.2.0"

__all__ = [
    "EMOTIONS",
    "AlignedScript",
    "AudienceAnalysis",
    "Comparison",
    "EmotionReader",
    "FaceBox",
    "MoviemotionError",
    "Plan",
    "Screenplay",
    "Study",
    "__version__",
    "align",
    "analyze",
    "compare",
    "detect_faces",
    "plan",
    "read_screenplay",
    "read_study",
    "screen",
    "simulate",
]

_MODULES = {
    "EMOTIONS": "moviemotion.emotions",
    "AlignedScript": "moviemotion.api.aligned_script",
    "AudienceAnalysis": "moviemotion.api.audience_analysis",
    "Comparison": "moviemotion.api.comparison",
    "EmotionReader": "moviemotion.api.face_reading",
    "FaceBox": "moviemotion.audience.faces.detect",
    "MoviemotionError": "moviemotion.errors",
    "Plan": "moviemotion.api.screening_plan",
    "Screenplay": "moviemotion.screenplay.elements",
    "Study": "moviemotion.api.study",
    "align": "moviemotion.api.aligned_script",
    "analyze": "moviemotion.api.audience_analysis",
    "compare": "moviemotion.api.comparison",
    "detect_faces": "moviemotion.api.face_reading",
    "plan": "moviemotion.api.screening_plan",
    "read_screenplay": "moviemotion.api.aligned_script",
    "read_study": "moviemotion.api.study",
    "screen": "moviemotion.api.study",
    "simulate": "moviemotion.api.study",
}

if TYPE_CHECKING:
    from moviemotion.api.aligned_script import AlignedScript, align, read_screenplay
    from moviemotion.api.audience_analysis import AudienceAnalysis, analyze
    from moviemotion.api.comparison import Comparison, compare
    from moviemotion.api.face_reading import EmotionReader, detect_faces
    from moviemotion.api.screening_plan import Plan, plan
    from moviemotion.api.study import Study, read_study, screen, simulate
    from moviemotion.audience.faces.detect import FaceBox
    from moviemotion.emotions import EMOTIONS
    from moviemotion.errors import MoviemotionError
    from moviemotion.screenplay.elements import Screenplay


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module 'moviemotion' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
