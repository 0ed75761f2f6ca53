"""Loyalty points: an ORM model, a yearly reset, vouchers to those who have many."""

import secrets
import string
from datetime import date, datetime, timedelta

import httpx
from sqlalchemy import ForeignKey, String, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    since: Mapped[datetime] = mapped_column(default=datetime.utcnow)
    entries: Mapped[list["Entry"]] = relationship(back_populates="customer")


class Entry(Base):
    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    points: Mapped[int]
    day: Mapped[date]
    customer: Mapped[Customer] = relationship(back_populates="entries")


def points_since(session: Session, day: date):
    query = (
        select(Customer, func.sum(Entry.points).label("points"))
        .join(Entry)
        .where(Entry.day >= day)
        .group_by(Customer.id)
    )
    return session.execute(query).all()


def code(length=10):
    return "".join(secrets.choice(string.ascii_uppercase) for _ in range(length))


def voucher(customer, points):
    response = httpx.post("https://vouchers.example/v1", json={"code": code(), "value": points // 100, "to": customer.email})
    response.raise_for_status()
    return response.json()["id"]


def reset(session, customer, points):
    session.add(Entry(customer=customer, points=-points, day=date.today()))
    session.flush()


def main():
    engine = create_engine("postgresql+psycopg://localhost/shop", pool_pre_ping=True)
    Base.metadata.create_all(engine)
    factory = sessionmaker(engine, expire_on_commit=False)
    year = date.today() - timedelta(days=365)
    with factory() as session:
        for customer, points in points_since(session, year):
            if points < 1000:
                continue
            identifier = voucher(customer, points)
            reset(session, customer, points)
            session.commit()
            print(customer.email, points, identifier)
        newest = session.scalars(select(Customer).order_by(Customer.since.desc()).limit(5))
        total = session.query(Customer).count()
        print([one.email for one in newest], total)


if __name__ == "__main__":
    main()
