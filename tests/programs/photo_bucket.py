"""Photos in a bucket of S3: uploads, a listing in pages, downloads, what is missing, clearing up."""

import boto3
from botocore.exceptions import ClientError

store = boto3.client("s3")
store.create_bucket(Bucket="photos", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
for year in (2024, 2025):
    for number in range(3):
        store.put_object(Bucket="photos", Key=f"{year}/{number}.jpg", Body=f"photo {number} of {year}".encode())



def listed():  # durable: step
    """The photos, page by page."""
    return [
        (page["KeyCount"], [item["Key"] for item in page["Contents"]])
        for page in store.get_paginator("list_objects_v2").paginate(Bucket="photos", PaginationConfig={"PageSize": 4})
    ]


for count, keys in listed():
    print(count, keys)
body = store.get_object(Bucket="photos", Key=keys[-1])["Body"]
print(body.read(5), body.read())

try:
    store.get_object(Bucket="photos", Key="2023/0.jpg")
except ClientError as error:
    print(error.response["Error"]["Code"], error)

for item in store.list_objects_v2(Bucket="photos", Prefix="2024/")["Contents"]:
    store.delete_object(Bucket="photos", Key=item["Key"])
print([item["Key"] for item in store.list_objects_v2(Bucket="photos")["Contents"]])
