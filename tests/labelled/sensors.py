"""Watch a machine: load, disks, a serial sensor; publish to MQTT and Kafka, alert by Telegram, keep in InfluxDB."""

import json
import logging
import os
import statistics
import subprocess
import sys
import threading
import time

import paho.mqtt.client as mqtt
import pika
import psutil
import requests
import schedule
import serial
from influxdb_client import InfluxDBClient, Point
from kafka import KafkaProducer

log = logging.getLogger("sensors")
TELEGRAM = "https://api.telegram.org/bot{}/{}"


class Sensor:
    def __init__(self, port):
        self.line = serial.Serial(port, 9600, timeout=2)
        self.values = []

    def read(self):
        self.line.write(b"T?\n")
        text = self.line.readline().decode()
        self.values.append(float(text))
        return statistics.mean(self.values[-10:])


def machine():
    return {
        "cpu": psutil.cpu_percent(interval=None),
        "memory": psutil.virtual_memory().percent,
        "disk": psutil.disk_usage("/").percent,
        "load": os.getloadavg()[0],
        "processes": len(psutil.pids()),
    }


def telegram(text):
    url = TELEGRAM.format(os.environ["TELEGRAM_TOKEN"], "sendMessage")
    requests.post(url, json={"chat_id": os.environ["CHAT"], "text": text}, timeout=10)


class Publisher:
    def __init__(self):
        self.mqtt = mqtt.Client()
        self.mqtt.connect("localhost")
        self.kafka = KafkaProducer(bootstrap_servers="localhost:9092", value_serializer=lambda v: json.dumps(v).encode())
        self.influx = InfluxDBClient(url="http://localhost:8086", token=os.environ["INFLUX"], org="home")
        self.writer = self.influx.write_api()

    def publish(self, name, value):
        self.mqtt.publish(f"home/{name}", value)
        self.kafka.send("home", {"name": name, "value": value})
        self.writer.write(bucket="home", record=Point("m").field(name, value))

    def close(self):
        self.kafka.flush()
        self.mqtt.disconnect()
        self.influx.close()


def tick(sensor, publisher):
    found = {"temperature": sensor.read(), **machine()}
    for name, value in found.items():
        publisher.publish(name, value)
    if found["disk"] > 95:
        log.error("disk full")
        telegram("disk full")
        subprocess.Popen(["journalctl", "--vacuum-size=100M"])


def commands(publisher):
    connection = pika.BlockingConnection(pika.ConnectionParameters("localhost"))
    channel = connection.channel()
    channel.queue_declare(queue="commands")
    for method, _, body in channel.consume("commands", inactivity_timeout=60):
        if body is None:
            break
        publisher.publish("command", body.decode())
        channel.basic_ack(method.delivery_tag)


def main():
    sensor, publisher = Sensor("/dev/ttyUSB0"), Publisher()
    schedule.every(1).minutes.do(tick, sensor, publisher)
    listener = threading.Thread(target=commands, args=(publisher,))
    listener.start()
    try:
        while True:
            schedule.run_pending()
            time.sleep(1)
    except KeyboardInterrupt:
        publisher.close()
        sys.exit(0)


main()
