"""A lending library with SQLAlchemy's ORM on PostgreSQL: each piece of work opens a session, and is one step."""

from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

engine = create_engine("postgresql+psycopg://")


class Base(DeclarativeBase):
    pass


class Reader(Base):
    __tablename__ = "reader"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    loans: Mapped[list["Loan"]] = relationship(back_populates="reader", order_by="Loan.title")


class Loan(Base):
    __tablename__ = "loan"
    title: Mapped[str] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("reader.id"))
    reader: Mapped[Reader] = relationship(back_populates="loans")


def open_library(names):  # durable: step
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        for number, name in enumerate(names, 1):
            session.merge(Reader(id=number, name=name))


def lend(title, number):  # durable: step
    with Session(engine) as session, session.begin():
        session.merge(Loan(title=title, reader_id=number))
        return session.get(Reader, number).name


def loans():  # durable: step
    with Session(engine) as session:
        readers = session.scalars(select(Reader).order_by(Reader.id))
        return {reader.name: [loan.title for loan in reader.loans] for reader in readers}


def count():  # durable: step
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Loan))


open_library(["Ann", "Bob"])
for title, number in [("Emma", 1), ("Dune", 2), ("Ulysses", 1), ("Emma", 2)]:
    print(title, "goes to", lend(title, number))
print(loans(), count())
