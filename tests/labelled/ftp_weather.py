"""Fetch a weather model over FTP, plot it, mail the picture, publish it by SFTP and to a web directory."""

import configparser
import ftplib
import io
import json
import shelve
import smtplib
import socket
import struct
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
import zipfile
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

matplotlib.use("Agg")


def settings(path="weather.ini"):
    parser = configparser.ConfigParser()
    parser.read(path)
    return parser["weather"]


def latest(host, folder):
    with ftplib.FTP(host) as ftp:
        ftp.login()
        ftp.cwd(folder)
        name = max(ftp.nlst())
        data = io.BytesIO()
        ftp.retrbinary(f"RETR {name}", data.write)
    return name, data.getvalue()


def grid(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        raw = archive.read(archive.namelist()[0])
    rows, columns = struct.unpack_from("<HH", raw)
    return np.frombuffer(raw, dtype="<f4", offset=4).reshape(rows, columns)


def stations(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            tree = ET.parse(response)
    except urllib.error.URLError as error:
        print("no stations:", error.reason)
        return []
    return [(float(one.get("lat")), float(one.get("lon"))) for one in tree.iter("station")]


def plot(values, points, path):
    figure, axes = plt.subplots(figsize=(8, 6))
    axes.imshow(values, origin="lower")
    for lat, lon in points:
        axes.plot(lon, lat, "k.")
    figure.savefig(path)
    plt.close(figure)


def mail(path, to):
    message = MIMEMultipart()
    message["To"], message["Subject"] = to, "Weather"
    with open(path, "rb") as file:
        message.attach(MIMEImage(file.read()))
    server = smtplib.SMTP("localhost", 25)
    server.sendmail("weather@example.com", [to], message.as_string())
    server.quit()


def announce(name, address=("239.0.0.1", 5007)):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.sendto(json.dumps({"name": name}).encode(), address)
    sock.close()


def main():
    config = settings()
    name, data = latest(config["host"], config["folder"])
    with shelve.open("seen") as seen:
        if name in seen:
            return
        values = grid(data)
        with tempfile.NamedTemporaryFile(suffix=".png", delete=False) as file:
            plot(values, stations(config["stations"]), file.name)
        mail(file.name, config["to"])
        query = urllib.parse.urlencode({"name": name, "max": float(values.max())})
        request = urllib.request.Request(config["hook"], data=query.encode(), method="POST")
        urllib.request.urlopen(request)
        announce(name)
        seen[name] = True


main()
