"""Score yesterday's rows with a stored model and write the scores back, in batches."""

import os
import pickle
import time
import warnings

import numpy as np
import pandas as pd
from sqlalchemy import create_engine, text

warnings.filterwarnings("ignore", category=FutureWarning)
FEATURES = ["age", "visits", "basket", "days_since"]
engine = create_engine(os.environ["WAREHOUSE"])


def load_model(path):
    with open(path, "rb") as file:
        return pickle.load(file)


def features(frame):
    frame = frame.assign(basket=np.log1p(frame["basket"]), visits=frame["visits"].fillna(0))
    return frame[FEATURES].to_numpy(dtype="float32")


def batches(frame, size):
    for start in range(0, len(frame), size):
        yield frame.iloc[start : start + size]


def score(model, frame):
    matrix = features(frame)
    logits = np.dot(matrix, model["weights"]) + model["bias"]
    return np.clip(1 / (1 + np.exp(-logits)), 0, 1)


def sample_weights(n):
    generator = np.random.default_rng()
    return generator.normal(size=n)


def main():
    started = time.perf_counter()
    model = load_model("model.pkl")
    rows = pd.read_sql("SELECT * FROM visits WHERE day = current_date - 1", engine)
    extra = pd.read_csv("segments.csv", dtype={"segment": "category"})
    rows = rows.merge(extra, on="customer", how="left").drop_duplicates("customer")
    parts = []
    for part in batches(rows, 10_000):
        scores = pd.DataFrame({"customer": part["customer"], "score": score(model, part)})
        scores.to_sql("scores", engine, if_exists="append", index=False)
        parts.append(scores)
    everything = pd.concat(parts)
    everything.to_parquet("scores.parquet")
    report = everything["score"].describe()
    report.to_csv("report.csv")
    np.save("weights.npy", np.asarray(model["weights"]))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM scores_current"))
        connection.execute(text("INSERT INTO scores_current SELECT * FROM scores"))
    print(f"{len(rows)} rows in {time.perf_counter() - started:.1f} s, noise {sample_weights(3).mean():.2f}")


if __name__ == "__main__":
    main()
