"""Reading an audience: one job a study."""

from __future__ import annotations

from fastapi import APIRouter

from moviemotion.studio.border import FAULTS

router = APIRouter(prefix="/api/studies", tags=["screening"], responses=FAULTS)
