"""Download a data set, train a classifier, compare, keep the best, upload it."""

import hashlib
import json
import os
import random
import shutil
import sys
import urllib.request
import zipfile
from dataclasses import asdict, dataclass
from multiprocessing import Pool, cpu_count
from pathlib import Path

import joblib
import numpy as np
import torch
from azure.storage.blob import BlobServiceClient
from minio import Minio
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from transformers import pipeline


@dataclass
class Trial:
    c: float
    seed: int
    score: float = 0.0


def download(url, path):
    if not path.exists():
        urllib.request.urlretrieve(url, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(path, digest[:12])
    with zipfile.ZipFile(path) as archive:
        archive.extractall(path.parent)


def data(folder):
    x = np.load(folder / "x.npy")
    y = np.loadtxt(folder / "y.txt", dtype=int)
    return train_test_split(x, y, test_size=0.2)


def fit(trial):
    x, held, y, expected = data(Path("data"))
    random.seed(trial.seed)
    torch.manual_seed(trial.seed)
    model = LogisticRegression(C=trial.c)
    model.fit(x, y)
    trial.score = accuracy_score(expected, model.predict(held))
    joblib.dump(model, f"models/{trial.c}-{trial.seed}.joblib")
    return trial


def network(size):
    model = torch.nn.Sequential(torch.nn.Linear(size, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    if os.path.exists("net.pt"):
        model.load_state_dict(torch.load("net.pt"))
    torch.save(model.state_dict(), "net.pt")
    return model


def sentiment(texts):
    judge = pipeline("sentiment-analysis")
    return [one["label"] for one in judge(texts)]


def upload(path):
    service = BlobServiceClient.from_connection_string(os.environ["AZURE"])
    blob = service.get_blob_client(container="models", blob=path.name)
    with path.open("rb") as file:
        blob.upload_blob(file, overwrite=True)
    store = Minio("minio.local:9000", access_key="a", secret_key=os.environ["MINIO"])
    if not store.bucket_exists("models"):
        store.make_bucket("models")
    store.fput_object("models", path.name, str(path))


def main():
    Path("models").mkdir(exist_ok=True)
    Path("data").mkdir(exist_ok=True)
    download("https://data.example/set.zip", Path("data/set.zip"))
    trials = [Trial(c, random.randrange(1000)) for c in (0.1, 1.0, 10.0)]
    with Pool(cpu_count()) as pool:
        done = pool.map(fit, trials)
    best = max(done, key=lambda trial: trial.score)
    shutil.copy(f"models/{best.c}-{best.seed}.joblib", "best.joblib")
    upload(Path("best.joblib"))
    json.dump([asdict(trial) for trial in done], sys.stdout)
    print(sentiment(["fine", "not so fine"]), network(4))


if __name__ == "__main__":
    main()
