"""A minimal accounts service as many write it: FastAPI, SQLAlchemy, asyncpg and bcrypt. Started by uvicorn."""
import asyncio
import hashlib
import os
import secrets
import uuid
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone

import bcrypt
import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy import DateTime, ForeignKey, String, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

secret = os.environ["SECRET_KEY"]
engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "peer_users"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    username: Mapped[str] = mapped_column(String(50), unique=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RefreshToken(Base):
    __tablename__ = "peer_refresh_tokens"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("peer_users.id"))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked: Mapped[bool] = mapped_column(default=False)


@asynccontextmanager
async def lifespan(_app):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


app = FastAPI(lifespan=lifespan)


async def database():
    async with sessions() as session:
        yield session


class Registration(BaseModel):
    username: str
    email: str
    password: str


class Login(BaseModel):
    username: str
    password: str


class Refresh(BaseModel):
    refresh_token: str


class Tokens(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "bearer"


class Profile(BaseModel):
    id: uuid.UUID
    username: str
    email: str
    created_at: datetime


def now():
    return datetime.now(timezone.utc)


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


async def issue(session: AsyncSession, user_id: uuid.UUID) -> Tokens:
    refresh_token = secrets.token_urlsafe(32)
    expires_at = now() + timedelta(days=7)
    session.add(RefreshToken(hash=digest(refresh_token), user_id=user_id, expires_at=expires_at))
    await session.commit()
    claims = {"sub": str(user_id), "exp": now() + timedelta(minutes=15)}
    return Tokens(access_token=jwt.encode(claims, secret, "HS256"), refresh_token=refresh_token)


async def current_user(
    credentials: HTTPAuthorizationCredentials = Depends(HTTPBearer()),
    session: AsyncSession = Depends(database),
) -> User:
    try:
        subject = jwt.decode(credentials.credentials, secret, ["HS256"])["sub"]
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    user = await session.get(User, uuid.UUID(subject))
    if user is None:
        raise HTTPException(401)
    return user


@app.get("/health/ready")
async def ready():
    return {}


@app.post("/api/users/register", status_code=201, response_model=Profile)
async def register(body: Registration, session: AsyncSession = Depends(database)):
    hashed = await asyncio.to_thread(bcrypt.hashpw, body.password.encode(), bcrypt.gensalt(12))
    user = User(username=body.username, email=body.email, password=hashed.decode(), created_at=now())
    session.add(user)
    await session.commit()
    return user


@app.post("/api/users/login", response_model=Tokens)
async def login(body: Login, session: AsyncSession = Depends(database)):
    user = (await session.execute(select(User).where(User.username == body.username))).scalar_one_or_none()
    stored = user.password.encode() if user else bcrypt.hashpw(b"", bcrypt.gensalt(12))
    if not await asyncio.to_thread(bcrypt.checkpw, body.password.encode(), stored) or user is None:
        raise HTTPException(401)
    return await issue(session, user.id)


@app.get("/api/users/me", response_model=Profile)
async def me(user: User = Depends(current_user)):
    return user


@app.post("/api/users/refresh", response_model=Tokens)
async def refresh(body: Refresh, session: AsyncSession = Depends(database)):
    found = await session.get(RefreshToken, digest(body.refresh_token), with_for_update=True)
    if found is None or found.revoked or found.expires_at < now():
        raise HTTPException(401)
    found.revoked = True
    return await issue(session, found.user_id)
