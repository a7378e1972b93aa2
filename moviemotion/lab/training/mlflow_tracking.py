"""Record training runs in MLflow, by default in an SQLite file next to the run's folder.

`mlflow ui --backend-store-uri sqlite:///…/mlflow.db` shows the recorded runs.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from moviemotion.errors import SettingError

# MLflow sends usage telemetry unless it is disabled, and users who train on faces have not agreed to that.
# The variable must be set before the import.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

EXPERIMENT_NAME = "moviemotion"
RUN_ID_FILE = "mlflow-run.txt"


@dataclass(frozen=True)
class MlflowRun:
    """One run in an MLflow tracking store.

    Attributes:
        tracking_uri: MLflow tracking URI of the store.
        run_id: MLflow's ID of the run.
    """

    tracking_uri: str
    run_id: str

    @classmethod
    def start_or_resume(
        cls, folder: Path, parameters: Mapping[str, object], tracking_uri: str | None = None
    ) -> MlflowRun:
        """Start recording the run in `folder`, or continue its existing record.

        Args:
            parameters: the configuration and anything else that describes the run.
            tracking_uri: defaults to `mlflow.db` next to the run's folder.

        Raises:
            SettingError: the store cannot be used.
        """
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

        uri = tracking_uri or f"sqlite:///{(folder.parent / 'mlflow.db').resolve()}"
        id_file = folder / RUN_ID_FILE
        try:
            experiment = get_or_create_experiment(uri)
            client = MlflowClient(tracking_uri=uri)
            if id_file.exists():
                run_id = id_file.read_text(encoding="utf-8").strip()
                client.get_run(run_id)
                return cls(uri, run_id)
            run_id = client.create_run(experiment, run_name=folder.name).info.run_id
            for key, value in parameters.items():
                client.log_param(run_id, key, value)
        except MlflowException as error:
            first = str(error).splitlines()[0]
            raise SettingError(
                "unusable-tracking-store",
                "{tracking_uri} {uri}: cannot be used ({reason}); choose another store",
                uri=uri,
                reason=first,
            ) from error
        id_file.write_text(run_id + "\n", encoding="utf-8")
        return cls(uri, run_id)

    def log_metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        """Record the results of one epoch; missing values (NaN) are skipped."""
        from mlflow.entities import Metric
        from mlflow.tracking import MlflowClient
        from mlflow.utils.time import get_current_time_millis

        now = get_current_time_millis()
        rows = [Metric(key, value, now, step) for key, value in metrics.items() if not math.isnan(value)]
        MlflowClient(tracking_uri=self.tracking_uri).log_batch(self.run_id, metrics=rows)

    def finish(self) -> None:
        """Mark the run as finished."""
        from mlflow.tracking import MlflowClient

        MlflowClient(tracking_uri=self.tracking_uri).set_terminated(self.run_id)


def get_or_create_experiment(tracking_uri: str) -> str:
    """MLflow's ID of the project's experiment; creates the store and the experiment if they do not exist."""
    from mlflow.tracking import MlflowClient

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)  # a new store logs every table it creates
    client = MlflowClient(tracking_uri=tracking_uri)
    experiment = client.get_experiment_by_name(EXPERIMENT_NAME)
    return experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT_NAME)
