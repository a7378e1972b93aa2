"""Studies, their seats and their files."""

from __future__ import annotations

from fastapi import APIRouter

from moviemotion.studio.border import FAULTS

router = APIRouter(prefix="/api/studies", tags=["studies"], responses=FAULTS)
