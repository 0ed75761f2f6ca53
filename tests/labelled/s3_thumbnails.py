"""Make thumbnails of new images in a bucket, driven by a queue, several at a time."""

import io
import json
import logging
import mimetypes
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import lru_cache

import boto3
from botocore.exceptions import ClientError
from PIL import Image, ImageOps

logging.basicConfig(format="%(asctime)s %(message)s", level="INFO")
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123/uploads"
SIZES = {"small": (200, 200), "large": (1200, 1200)}


@lru_cache(maxsize=None)
def client(name):
    session = boto3.session.Session(region_name="eu-central-1")
    return session.client(name)


def exists(s3, bucket, key):
    try:
        s3.head_object(Bucket=bucket, Key=key)
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            return False
        raise


def shrink(data, size):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    image.thumbnail(size)
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def handle(record):
    s3 = client("s3")
    bucket, key = record["bucket"]["name"], record["object"]["key"]
    kind, _ = mimetypes.guess_type(key)
    if not kind or not kind.startswith("image/"):
        return 0
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    made = 0
    for name, size in SIZES.items():
        target = f"thumbs/{name}/{key}.jpg"
        if exists(s3, bucket, target):
            continue
        s3.put_object(Bucket=bucket, Key=target, Body=shrink(body, size), ContentType="image/jpeg")
        made += 1
    return made


def main():
    sqs = client("sqs")
    while True:
        found = sqs.receive_message(QueueUrl=QUEUE, MaxNumberOfMessages=10, WaitTimeSeconds=20)
        messages = found.get("Messages", [])
        if not messages:
            break
        with ThreadPoolExecutor(max_workers=4) as pool:
            jobs = {}
            for message in messages:
                for record in json.loads(message["Body"])["Records"]:
                    jobs[pool.submit(handle, record["s3"])] = message
            for job in as_completed(jobs):
                logging.info("%d thumbnails", job.result())
                sqs.delete_message(QueueUrl=QUEUE, ReceiptHandle=jobs[job]["ReceiptHandle"])


if __name__ == "__main__":
    main()
