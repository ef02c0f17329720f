"""All addresses of identity, gathered from the files that serve them."""

from fastapi import APIRouter

from backend.identity import endpoints_credentials, endpoints_oidc, endpoints_sign_in, endpoints_team

router = APIRouter(tags=["identity"])
router.include_router(endpoints_sign_in.router)
router.include_router(endpoints_oidc.router)
router.include_router(endpoints_team.router)
router.include_router(endpoints_credentials.router)
