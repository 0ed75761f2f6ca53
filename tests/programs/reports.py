"""Writes CSV, text and binary files in several modes and reads them back."""

import csv
import os

with open("table.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, fieldnames=["name", "value"])
    writer.writeheader()
    for number in range(50):
        writer.writerow({"name": f"n{number}", "value": number * number})
with open("table.csv", newline="") as file:
    total = sum(int(row["value"]) for row in csv.DictReader(file))
print("total", total)
with open("notes.txt", "a") as file:
    file.write("first\n")
with open("notes.txt", "a") as file:
    file.write("second\n")
    file.flush()
    file.write("third\n")
with open("notes.txt", "r+") as file:
    file.seek(6)
    file.write("SECOND")
with open("data.bin", "wb") as file:
    file.write(bytes(range(256)) * 100)
with open("data.bin", "rb") as file:
    file.seek(-3, os.SEEK_END)
    print(file.read(), file.tell())
for line in open("notes.txt"):
    print(line.rstrip())
os.remove("data.bin")
