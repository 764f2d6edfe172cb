#!/usr/bin/env python3
"""Writes consumers.csv, claims.csv, trades.csv, orders.csv, rollbacks.csv and extras.csv of this scenario, the same every time.

The rows tell a fortnight in which 200 people claim, send, sell, buy and spend coupons; the mistakes that town.toml expects are among them.
"""
import csv
import random
from datetime import datetime, timedelta

RANDOM = random.Random(20260501)
START = datetime(2026, 5, 1, 8)
SHOPS = {
    "bakery-welcome": (["bakery", "cafe"], 120, 3, 22),
    "cafe-breakfast": (["bakery", "cafe", "books", "bikes"], 140, 5, 25),
    "books-reader": (["bakery", "cafe", "books", "bikes"], 110, 8, 40),
    "bikes-service": (["bikes"], 40, 45, 120),
    "books-flash": (["books"], 20, 6, 30),
}
PEOPLE = [f"c{n:03}" for n in range(1, 201)]
# Every fifth wallet is empty: shops submit for those people, and they pay at tills only.
EMPTY = set(PEOPLE[::5])


def at(day, hour, minute=0):
    return START + timedelta(days=day, hours=hour - 8, minutes=minute)


def some_time(first_day, last_day):
    return at(RANDOM.randint(first_day, last_day), RANDOM.randint(9, 18), RANDOM.randint(0, 59))


def write(name, header, rows):
    rows = sorted(rows, key=lambda row: row[0])
    with open(name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([f"{row[0]:%Y-%m-%dT%H:%M:00Z}", *row[1:]])


def money(low, high):
    return f"{RANDOM.randint(low * 20, high * 20) / 20:.2f}"


wallets = {}
claims, trades, orders, rollbacks = [], [], [], []
used_codes = {}
for campaign, (_, codes, _, _) in SHOPS.items():
    issuer = campaign.split("-")[0]
    for code, person in enumerate(RANDOM.sample(PEOPLE, min(codes - 10, len(PEOPLE)))):
        by = issuer if person in EMPTY else person
        claims.append((some_time(0, 1), person, campaign, code, by))
        wallets.setdefault(person, []).append(campaign)
    used_codes[campaign] = code

# Sends: the cafe's coupons are free to give away.
givers = [p for p in PEOPLE if "cafe-breakfast" in wallets.get(p, []) and p not in EMPTY]
for giver in givers[:12]:
    friend = RANDOM.choice([p for p in PEOPLE if p != giver])
    trades.append((some_time(2, 2), "send", giver, "cafe-breakfast", friend, ""))
    wallets[giver].remove("cafe-breakfast")
    wallets.setdefault(friend, []).append("cafe-breakfast")
# Sales: listed on the third day, bought on the fourth, one taken back.
for campaign, low, high in (("cafe-breakfast", 8, 24), ("books-reader", 20, 50)):
    sellers = [p for p in PEOPLE if campaign in wallets.get(p, []) and p not in EMPTY][-14:]
    for n, seller in enumerate(sellers):
        price = f"{RANDOM.randint(low, high) / 20:.2f}"
        trades.append((at(3, 9 + n // 2, n), "list", seller, campaign, "", price))
        wallets[seller].remove(campaign)
        if n == 0:
            trades.append((at(4, 9), "cancel", seller, campaign, "", ""))
            wallets[seller].append(campaign)
            continue
        buyer = RANDOM.choice([p for p in PEOPLE if p not in EMPTY and p not in sellers])
        if n == 1 and campaign == "cafe-breakfast":
            # A buyer who named a highest price below the seller's.
            trades.append((at(4, 10), "buy", buyer, campaign, seller, "0.10"))
        trades.append((at(4, 11 + n // 3, n), "buy", buyer, campaign, seller, price))
        wallets.setdefault(buyer, []).append(campaign)

numbers = {shop: 1000 for shop in ("bakery", "cafe", "books", "bikes")}


def number(shop):
    numbers[shop] += 1
    return numbers[shop]


holdings = [(person, campaign) for person, held in sorted(wallets.items()) for campaign in held]
RANDOM.shuffle(holdings)
kept = [pair for pair in holdings if pair[1] == "books-flash"][:1]
forgotten = kept[0]
for person, campaign in holdings:
    if (person, campaign) == forgotten or RANDOM.random() > 0.86:
        continue
    shops, _, low, high = SHOPS[campaign]
    shop = RANDOM.choice(shops)
    basket = money(low, high)
    # Only a till can go through the alliance; on the web one pays the issuer, or a shop that its escrow pays.
    on_web = person not in EMPTY and campaign != "books-flash" and RANDOM.random() < 0.5
    if on_web and campaign in ("cafe-breakfast", "books-reader"):
        shop = campaign.split("-")[0]
    when = some_time(2, 2) if campaign == "books-flash" else some_time(5, 13)
    row = (when, number(shop), shop, person, basket, basket, campaign, "web" if on_web else "till")
    orders.append(row)
    if len(rollbacks) < 6 and campaign != "books-flash" and when.day < 13:
        rollbacks.append((when + timedelta(hours=2), shop, row[1]))
while len(orders) < 1000 - 6:
    shop = RANDOM.choice(list(numbers))
    basket = money(2, 60)
    orders.append((some_time(0, 13), number(shop), shop, RANDOM.choice(PEOPLE), basket, basket, "", "till"))

# Stamp cards, gift cards, a rain sensor, invitations, a return in part, ratings. Numbered apart, so that the fortnight above stays as it is.
extras = []
extra_numbers = {shop: 5000 for shop in numbers}


def extra_order(when, shop, person, basket, campaign, way="till"):
    extra_numbers[shop] += 1
    orders.append((when, extra_numbers[shop], shop, person, basket, basket, campaign, way))
    return extra_numbers[shop]


full = [person for person in PEOPLE if person not in EMPTY]
for n, person in enumerate(full[:6]):
    extras.append((at(2, 9, n), "issue", "cafe", "cafe-stamps", person, ""))
    for cup in range(5 if n < 3 else 2):
        extra_order(at(3 + cup, 8, 10 + n), "cafe", person, "3.80", "cafe-stamps", "backlog")
for n, person in enumerate(full[10:14]):
    extras.append((at(2, 9, 10 + n), "issue", "books", "books-gift", person, ""))
    first = extra_order(at(4, 10, n), "books", person, "7.50", "books-gift")
    if n < 2:
        extras.append((at(5, 9, n), "split", person, "books-gift", full[20 + n], "5"))
        extra_order(at(6, 10, n), "books", full[20 + n], "4.00", "books-gift")
    extras.append((at(6, 12, n), "rate", person, str(first), "books", str(5 - n % 2)))
for n, person in enumerate(full[30:34]):
    # The fourth comes too late: the sensor's quota is three a day.
    extras.append((at(3, 15, n), "sensor", "rain-sensor", "bikes-rain", person, ""))
caught = extra_order(at(4, 16), "bikes", full[30], "35.00", "bikes-rain")
extras.append((at(4, 18), "keep", "bikes", str(caught), "", "25.00"))
soaked = extra_order(at(4, 16, 5), "bikes", full[31], "30.00", "bikes-rain")
extras.append((at(4, 18, 5), "keep", "bikes", str(soaked), "", "12.00"))
for n, friend in enumerate(full[40:46]):
    extras.append((at(2, 10, n), "invite", friend, "bakery-invite", full[50 + n % 2], str(n)))
    extra_order(at(6, 8, n), "bakery", friend, "6.00", "bakery-invite")
# Someone rates a purchase that was another's.
extras.append((at(6, 13), "rate", full[60], "5001", "books", "1"))

# The mistakes.
taken = next(claim for claim in claims if claim[2] == "cafe-breakfast")
claims.append((at(2, 10), "c150", "cafe-breakfast", taken[3], "c150"))
claims.append((at(2, 11), "c151", "cafe-breakfast", "forged-3", "c151"))
claims.append((at(2, 12), "c152", "books-reader", "seven", "c152"))
spent = {(o[3], o[6]) for o in orders}
holder = next(p for p, c in holdings if c == "bakery-welcome" and (p, c) not in spent)
again = next(o for o in orders if o[6] == "bakery-welcome")
orders.append((at(13, 20), again[1], again[2], holder, "10.00", "10.00", "bakery-welcome", "till"))
orders.append((at(13, 20, 5), number("bakery"), "bakery", holder, "10.00", "12.00", "bakery-welcome", "till"))
orders.append((at(13, 20, 10), number("cafe"), "cafe", holder, "twelve", "12.00", "bakery-welcome", "till"))
orders.append((at(13, 20, 15), number("books"), "books", forgotten[0], "9.00", "9.00", "books-flash", "till"))
rider = next(p for p, c in holdings if c == "bikes-service" and (p, c) not in spent)
orders.append((at(13, 20, 20), number("bakery"), "bakery", rider, "50.00", "50.00", "bikes-service", "till"))
nobody = next(p for p in PEOPLE if "bikes-service" not in wallets.get(p, []))
orders.append((at(13, 20, 25), number("bikes"), "bikes", nobody, "50.00", "50.00", "bikes-service", "till"))

with open("consumers.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["name", "funds"])
    writer.writerows([person, "0" if person in EMPTY else "1000"] for person in PEOPLE)
write("claims.csv", ["at", "consumer", "campaign", "code", "by"], claims)
write("trades.csv", ["at", "what", "who", "campaign", "with", "price"], trades)
write("orders.csv", ["at", "number", "acceptor", "consumer", "basket", "eligible", "campaign", "way"], orders)
write("rollbacks.csv", ["at", "acceptor", "number"], rollbacks)
write("extras.csv", ["at", "what", "who", "subject", "with", "amount"], extras)
