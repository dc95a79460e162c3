"""Chromium's virtual authenticator (WebAuthn, section 11, through the domain WebAuthn of its DevTools protocol)."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession

from tests.support.browsers import Screen


@dataclass
class Virtual:
    """An authenticator inside Chromium, as good as one in a phone or laptop that asks for a finger."""

    session: CDPSession
    id: str

    @classmethod
    async def into(cls, screen: Screen) -> "Virtual":
        session = await screen.context.new_cdp_session(screen.page)
        await session.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        added = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(session, str(added["authenticatorId"]))

    async def credentials(self) -> list[dict[str, Any]]:
        found = await self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(found["credentials"])

    async def add(self, credential: dict[str, Any]) -> None:
        """A copy, as a password manager brings it from another device."""
        await self.session.send(
            "WebAuthn.addCredential", {"authenticatorId": self.id, "credential": credential}
        )

    async def verifies(self, *, verified: bool) -> None:
        """Whether the right finger is on it from now on."""
        await self.session.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": verified}
        )
