"""Will this flight be late? A model of nine months, and how it does in the last three."""

import io
import pickle
from datetime import date

import matplotlib
import polars as pl
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from freshline import Context, Input, asset

matplotlib.use("Agg")
from matplotlib import pyplot as plt

AUTUMN = date(2013, 10, 1)
CATEGORIES = ["carrier", "origin", "destination"]
NUMBERS = ["miles", "hour", "weekday", "wind_speed", "rain", "visibility"]
SEEN = Input("models.features", columns=["flight_date", *CATEGORIES, *NUMBERS, "late"])


@asset(inputs={"features": SEEN}, owner="analysis")
def late_flight(context: Context, features: pl.DataFrame) -> bytes:
    """A model that says how likely a flight is to be late, trained on January to September."""
    seen = features.filter(pl.col("flight_date") < AUTUMN)
    model = HistGradientBoostingClassifier(
        categorical_features=range(len(CATEGORIES)),
        learning_rate=0.2,
        max_iter=60,
        random_state=0,
    )
    codes = {name: seen[name].unique().sort().to_list()[:254] for name in CATEGORIES}
    model.fit(matrix(seen, codes), seen["late"].to_numpy())
    context.metadata(flights=seen.height, rounds=model.n_iter_)
    return pickle.dumps({"model": model, "codes": codes})


@asset(
    inputs={
        "model": Input("models.late_flight"),
        "features": Input(
            "models.features",
            columns=["flight_date", "flight_number", *CATEGORIES, *NUMBERS, "late"],
        ),
    },
    columns={"probability": {"type": "double!", "between": [0, 1]}},
    owner="analysis",
)
def late_flight_scores(context: Context, model: bytes, features: pl.DataFrame) -> pl.DataFrame:
    """How likely the model took each flight of the last three months to be late; and was it."""
    trained = pickle.loads(model)
    ahead = features.filter(pl.col("flight_date") >= AUTUMN)
    probability = trained["model"].predict_proba(matrix(ahead, trained["codes"]))[:, 1]
    context.metadata(auc=round(roc_auc_score(ahead["late"].to_numpy(), probability), 3))
    return ahead.select(
        "flight_date", "carrier", "flight_number", "origin", "destination", "late"
    ).with_columns(probability=pl.Series(probability))


@asset(inputs={"bands": "models.calibration"}, preview=True, owner="analysis")
def calibration_chart(bands: pl.DataFrame) -> bytes:
    """How often flights were late that got the same chance; a perfect model is on the line."""
    figure, axes = plt.subplots(figsize=(6, 4), dpi=120, layout="constrained")
    axes.plot([0, 100], [0, 100], color="#9aa3ad", linewidth=1)
    axes.scatter(
        bands["expected_percent"],
        bands["late_percent"],
        s=bands["flights"] / 40,
        color="#0b7285",
        alpha=0.85,
    )
    axes.set(xlabel="late, as the model expected (%)", ylabel="late, as it came (%)")
    axes.spines[["top", "right"]].set_visible(False)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    plt.close(figure)
    return drawn.getvalue()


def matrix(flights: pl.DataFrame, codes: dict[str, list[str]]) -> object:
    """Return one row of numbers for each flight; a category that is not known is missing."""
    known = {name: {value: i for i, value in enumerate(values)} for name, values in codes.items()}
    return flights.select(
        *(pl.col(name).replace_strict(known[name], default=None) for name in CATEGORIES),
        *(pl.col(name).cast(pl.Float64) for name in NUMBERS),
    ).to_numpy()
