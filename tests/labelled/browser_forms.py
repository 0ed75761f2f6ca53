"""Download monthly statements from a bank's web page with a browser, rename them, read their totals."""

import getpass
import glob
import os
import re
import time
from datetime import date
from pathlib import Path

import pdfplumber
from openpyxl import Workbook, load_workbook
from playwright.sync_api import sync_playwright
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

DOWNLOADS = Path("downloads")


def statements(user, password):
    driver = webdriver.Firefox()
    try:
        driver.get("https://bank.example/login")
        driver.find_element(By.NAME, "user").send_keys(user)
        driver.find_element(By.NAME, "password").send_keys(password)
        driver.find_element(By.ID, "submit").click()
        WebDriverWait(driver, 30).until(lambda d: d.find_element(By.CLASS_NAME, "accounts"))
        for link in driver.find_elements(By.PARTIAL_LINK_TEXT, "Statement"):
            link.click()
            time.sleep(2)
    finally:
        driver.quit()


def rates():
    with sync_playwright() as p:
        browser = p.chromium.launch(headless=True)
        page = browser.new_page()
        page.goto("https://rates.example")
        found = page.inner_text("#eur-chf")
        page.screenshot(path="rates.png")
        browser.close()
    return float(found)


def total(path):
    with pdfplumber.open(path) as pdf:
        text = "\n".join(page.extract_text() or "" for page in pdf.pages)
    match = re.search(r"Total\s+([\d.]+)", text)
    return float(match.group(1)) if match else 0.0


def main():
    user = input("user: ")
    password = getpass.getpass()
    DOWNLOADS.mkdir(exist_ok=True)
    statements(user, password)
    rate = rates()
    if os.path.isfile("book.xlsx"):
        book = load_workbook("book.xlsx")
    else:
        book = Workbook()
    sheet = book.active
    for name in sorted(glob.glob("downloads/*.pdf")):
        amount = total(name)
        sheet.append([date.today(), os.path.basename(name), amount, amount * rate])
        os.rename(name, name.replace(".pdf", f"-{amount:.2f}.pdf"))
    book.save("book.xlsx")


if __name__ == "__main__":
    main()
