"""Prints what the S3 of the environment holds."""

import os
import urllib.request

print(urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/state").read().decode())
