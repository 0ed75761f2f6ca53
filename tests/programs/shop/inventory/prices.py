PRICES = {"pear": 30, "apple": 25, "fig": 60}
