// The certified provider `oidc-provider`, on loopback, with one client and its own login and consent pages.
import { Provider } from "oidc-provider";

const [port, redirectUri, claimsText] = process.argv.slice(2);
const claims = JSON.parse(claimsText);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: "quadrille",
    client_secret: "a secret with +/=&: in it",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code"],
    response_types: ["code"],
  }],
  pkce: { required: () => true },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  features: { devInteractions: { enabled: true } },
  findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...claims }) }),
  cookies: { keys: ["only for tests"] },
});

provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
