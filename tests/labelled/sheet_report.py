"""Weekly report: BigQuery to a Google sheet, the raw data to a bucket, a copy to MySQL."""

import csv
import datetime
import io
import os
import time

import gspread
import mysql.connector
import pymysql
from google.cloud import bigquery, storage
from googleapiclient.discovery import build

SHEET = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms"
QUERY = "SELECT country, SUM(amount) AS amount FROM shop.orders WHERE week = @week GROUP BY 1"


def week():
    today = datetime.date.today()
    return (today - datetime.timedelta(days=today.weekday() + 7)).isoformat()


def amounts(client, monday):
    job = client.query(QUERY, job_config=bigquery.QueryJobConfig(query_parameters=[bigquery.ScalarQueryParameter("week", "DATE", monday)]))
    return [dict(row) for row in job.result()]


def to_bucket(rows, name):
    out = io.StringIO()
    writer = csv.DictWriter(out, ["country", "amount"])
    writer.writeheader()
    writer.writerows(rows)
    bucket = storage.Client().bucket("reports")
    blob = bucket.blob(name)
    blob.upload_from_string(out.getvalue())
    return blob.generate_signed_url(expiration=3600)


def to_sheet(rows, monday):
    book = gspread.service_account().open_by_key(SHEET)
    try:
        sheet = book.worksheet(monday)
        sheet.clear()
    except gspread.WorksheetNotFound:
        sheet = book.add_worksheet(monday, 100, 2)
    sheet.update([[row["country"], row["amount"]] for row in rows])


def to_mysql(rows, monday):
    db = mysql.connector.connect(host="localhost", user="report", password=os.environ["MYSQL_PASSWORD"])
    cursor = db.cursor()
    cursor.execute("DELETE FROM weekly WHERE week = %s", (monday,))
    cursor.executemany("INSERT INTO weekly VALUES (%s, %s, %s)", [(monday, row["country"], row["amount"]) for row in rows])
    db.commit()
    db.close()


def old_weeks():
    connection = pymysql.connect(host="localhost", user="report", db="archive")
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT week FROM weekly")
        return {row[0] for row in cursor.fetchall()}


def share(name):
    drive = build("drive", "v3")
    drive.permissions().create(fileId=SHEET, body={"type": "domain", "role": "reader"}).execute()
    found = drive.files().list(q=f"name = '{name}'").execute()
    return found.get("files", [])


def main():
    monday = week()
    if monday in old_weeks():
        return
    rows = amounts(bigquery.Client(), monday)
    print(to_bucket(rows, f"{monday}.csv"))
    to_sheet(rows, monday)
    to_mysql(rows, monday)
    time.sleep(10)
    print(share(monday))


main()
