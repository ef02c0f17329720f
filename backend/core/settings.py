"""Every setting of the product, read once from `QUADRILLE_*` variables."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Typed settings; `docs/settings.md` is generated from the descriptions below."""

    model_config = SettingsConfigDict(env_prefix="QUADRILLE_", extra="forbid", frozen=True)

    env: Literal["prod", "dev", "test"] = Field(
        "prod", description="`dev` allows hot reload and http cookies; `test` is for the test suite."
    )
    host: str = Field(default="127.0.0.1", description="Address the web process listens on.")
    port: int = Field(default=3000, ge=1, le=65535, description="The one port of pages, API and sockets.")
    public_url: str = Field(
        "", description="The address people type. Empty means `http://HOST:PORT`; set it behind a proxy."
    )
    proxy_hops: int = Field(
        0, ge=0, le=10, description="Trusted proxies before us; 0 means X-Forwarded-For is not believed."
    )
    data_dir: Path = Field(
        Path("data"), description="Where the SQLite file, blobs, models and the embedded Redis live."
    )
    database_url: str = Field(
        "", description="Empty means SQLite in the data folder; `postgresql://…` for several machines."
    )
    redis_url: SecretStr = Field(
        SecretStr(""), description="Empty means the embedded Valkey; `redis://…` for your own."
    )
    secret_key: SecretStr = Field(
        SecretStr(""), description="Encrypts stored secrets. Empty means a key file in the data folder."
    )
    api_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key (`qk_…`) that the `quadrille` command uses against PUBLIC_URL.",
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer token that `/metrics` asks for. Empty means that only this machine may read it, "
        "and not through a proxy.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much to log."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="`auto` is text on a terminal and JSON elsewhere."
    )

    oidc_issuer: str = Field(
        default="", description="Issuer of an OpenID provider, e.g. `https://login.example`."
    )
    oidc_client_id: str = Field(default="", description="Client id registered there.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Client secret registered there.")
    oidc_name: str = Field(default="Single sign-on", description="Words on the sign-in button.")
    oidc_allowed_domains: str = Field(
        "", description="Comma-separated e-mail domains whose verified members may join without invitation."
    )
    oidc_algorithms: str = Field(
        "RS256,ES256,EdDSA", description="Signature algorithms accepted in id tokens."
    )

    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="Server for outgoing mail, `smtp://user:password@mail.example:587` or `smtps://…`. Empty means no mail. "
        "A password is sent only over TLS; `?starttls=off` allows it on an open line.",
    )
    mail_from: str = Field(
        default="",
        max_length=320,
        description="Sender of outgoing mail, for example `quadrille@example.com`.",
    )

    outbound_allow: str = Field(
        "", description="Comma-separated hosts or CIDRs that outbound HTTP may reach although private."
    )
    openai_base_url: str = Field(
        default="", description="Any OpenAI-compatible endpoint, e.g. Ollama or OVMS."
    )
    search_provider: Literal["", "searxng", "brave", "tavily"] = Field(
        default="",
        description="Search service of agents' web search. Brave and Tavily want a key: each team's secret "
        "`BRAVE_API_KEY` or `TAVILY_API_KEY`.",
    )
    search_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Its address, for SearXNG always. A private one needs an entry in `QUADRILLE_OUTBOUND_ALLOW`, too.",
    )
    mcp_commands: dict[str, list[str]] = Field(
        default_factory=dict,
        description="MCP servers that teams may start here, whole command lines by name as JSON: "
        '`{"clock": ["/usr/bin/python3", "/srv/clock.py"]}`. None by default; teams name them as `stdio:clock`.',
    )
    sandbox_bwrap: Literal["auto", "on", "off"] = Field(
        "auto", description="Wrap sandbox processes in bubblewrap; `auto` does so where it works."
    )

    api_rate_per_minute: int = Field(
        default=600,
        ge=0,
        description="Requests that one API key may make in a minute; more get 429 with `Retry-After`. "
        "0 means no limit, for programs that start many runs a second.",
    )
    worker_concurrency: int = Field(
        default=1000,
        ge=1,
        le=5000,
        description="Runs held live by one worker, also those that wait inside it.",
    )
    step_limits: str = Field(
        default="",
        pattern=r"^(\s*[a-z][a-z0-9_]*\s*=\s*[1-9][0-9]{0,4}\s*(,|$))*$",
        description="How many steps may be at work at once in one worker, by kind or by model provider, for example "
        "`http_request=20,openai=4`. Empty means no limit.",
    )
    model_prices: str = Field(
        default="",
        pattern=r"^(\s*[^=,\s]+\s*=\s*[0-9.]+\s*/\s*[0-9.]+\s*(,|$))*$",
        description="Dollars a million tokens read and written, by model, for example `openai:gpt-4o=2.5/10`. They go "
        "before those of `prices.yaml` in the data folder, and those before the product's own.",
    )
    breaker_failures: int = Field(
        default=5,
        ge=1,
        le=1000,
        description="After so many failures in a row (5xx, timeouts, broken answers) a team does not ask a model "
        "provider again for a while.",
    )
    breaker_seconds: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="How long such a provider is left alone at first; twice as long after every try that fails again, "
        "at most ten minutes.",
    )
    lease_seconds: float = Field(
        default=15.0, ge=1, le=300, description="How long a silent worker keeps its runs."
    )
    outage_seconds: float = Field(
        default=300.0,
        ge=0,
        le=86_400,
        description="How long a step waits for Redis, the database or an inference worker that is away, before it "
        "fails. The waiting costs the node none of its attempts.",
    )
    max_input_bytes: int = Field(10_000_000, ge=1024, description="Largest run input or request body.")
    max_output_bytes: int = Field(10_000_000, ge=1024, description="Largest output of one step.")
    max_diagram_nodes: int = Field(10_000, ge=1, description="Largest number of nodes in a diagram.")
    retention_days: int = Field(
        default=90,
        ge=0,
        le=36_500,
        description="Finished runs older than this are removed, where a team has not chosen otherwise; 0 keeps them.",
    )
    max_import_bytes: int = Field(
        default=50_000_000, ge=1024, description="Largest file of a run that can be imported."
    )
    llm_dir: str = Field(
        default="",
        description="Folder with a folder for each language model in the form of OpenVINO GenAI, asked for as "
        "`openvino:NAME`. Empty means `llm` in the data folder.",
    )
    inference_threads: int = Field(
        default=0, ge=0, description="CPU threads for OpenVINO; 0 means all cores."
    )

    def resolved_model_prices(self) -> dict[str, tuple[float, float]]:
        """By model, the prices of a million tokens read and written."""
        found: dict[str, tuple[float, float]] = {}
        for entry in filter(str.strip, self.model_prices.split(",")):
            name, _, prices = entry.rpartition("=")
            given, _, got = prices.partition("/")
            found[name.strip()] = (float(given), float(got))
        return found

    def resolved_step_limits(self) -> dict[str, int]:
        """The limits by kind or provider."""
        pairs = (entry.partition("=") for entry in self.step_limits.split(",") if entry.strip())
        return {name.strip(): int(limit) for name, _, limit in pairs}

    def resolved_public_url(self) -> str:
        """The public address without a trailing slash."""
        everywhere = self.host in {"0.0.0.0", "::"}  # noqa: S104 - nobody can open these in a browser
        host = "127.0.0.1" if everywhere else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    def resolved_database_url(self) -> str:
        """The SQLAlchemy URL with its async driver."""
        url = self.database_url or f"sqlite:///{(self.data_dir / 'quadrille.db').resolve()}"
        for plain, driver in (
            ("sqlite://", "sqlite+aiosqlite://"),
            ("postgresql://", "postgresql+asyncpg://"),
            ("postgres://", "postgresql+asyncpg://"),
        ):
            if url.startswith(plain):
                return driver + url.removeprefix(plain)
        return url


@lru_cache
def settings() -> Settings:
    """The settings of this process; tests clear the cache after changing the environment."""
    return Settings()  # pyright: ignore[reportCallIssue] - every field has a default
