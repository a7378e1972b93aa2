"""Runs recorded in MLflow, by default in an SQLite file; `mlflow ui --backend-store-uri …` shows them."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from moviemotion.errors import MoviemotionError

# Whoever trains on faces did not ask to report it anywhere; it must be set before the import.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

EXPERIMENT_NAME = "moviemotion"
RUN_ID_FILE = "mlflow-run.txt"


@dataclass(frozen=True)
class MlflowRun:
    """One run in a tracking store.

    Attributes:
        store: MLflow tracking URI.
        run_id: MLflow's id of the run.
    """

    tracking_uri: str
    run_id: str

    @classmethod
    def start_or_resume(
        cls, folder: Path, parameters: Mapping[str, object], tracking_uri: str | None = None
    ) -> MlflowRun:
        """Start recording the run in `folder`, or go on with the record it has.

        Args:
            store: tracking URI; by default `mlflow.db` beside the run's folder.

        Raises:
            MoviemotionError: the store cannot be reached.
        """
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

        uri = tracking_uri or f"sqlite:///{(folder.parent / 'mlflow.db').resolve()}"
        known = folder / RUN_ID_FILE
        try:
            number = get_or_create_experiment(uri)
            client = MlflowClient(tracking_uri=uri)
            if known.exists():
                run_id = known.read_text(encoding="utf-8").strip()
                client.get_run(run_id)
                return cls(uri, run_id)
            run_id = client.create_run(number, run_name=folder.name).info.run_id
            for key, value in parameters.items():
                client.log_param(run_id, key, value)
        except MlflowException as error:
            first = str(error).splitlines()[0]
            raise MoviemotionError(f"--store {uri}: cannot be used ({first}); name another") from error
        known.write_text(run_id + "\n", encoding="utf-8")
        return cls(uri, run_id)

    def log_metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        """Record figures of one epoch."""
        from mlflow.entities import Metric
        from mlflow.tracking import MlflowClient
        from mlflow.utils.time import get_current_time_millis

        now = get_current_time_millis()
        rows = [Metric(key, value, now, step) for key, value in metrics.items() if value == value]
        MlflowClient(tracking_uri=self.tracking_uri).log_batch(self.run_id, metrics=rows)

    def finish(self) -> None:
        """Mark the run as finished."""
        from mlflow.tracking import MlflowClient

        MlflowClient(tracking_uri=self.tracking_uri).set_terminated(self.run_id)


def get_or_create_experiment(tracking_uri: str) -> str:
    """MLflow's id of our experiment in a store; makes store and experiment where there are none."""
    from mlflow.tracking import MlflowClient

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)  # table-by-table news of a fresh store
    client = MlflowClient(tracking_uri=tracking_uri)
    experiment = client.get_experiment_by_name(EXPERIMENT_NAME)
    return experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT_NAME)
