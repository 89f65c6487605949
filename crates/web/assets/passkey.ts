// Makes and uses passkeys. What the browser hands over is judged by the server alone.

type Asked = { challenge: string; party: string };
type RegistrationAsked = Asked & {
  handle: string;
  name: string;
  display_name: string;
  algorithms: number[];
  exclude: string[];
};

const toText = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const toBytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

const post = async (url: string, body: unknown): Promise<Response> => {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer;
};

const ask = async <T>(url: string): Promise<T> => (await post(url, {})).json();

const make = async (url: string): Promise<void> => {
  const asked = await ask<RegistrationAsked>(`${url}/challenge`);
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: toBytes(asked.challenge),
      rp: { id: asked.party, name: "Genvej" },
      user: { id: toBytes(asked.handle), name: asked.name, displayName: asked.display_name },
      pubKeyCredParams: asked.algorithms.map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: asked.exclude.map((id) => ({ type: "public-key", id: toBytes(id) })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
    },
  })) as PublicKeyCredential;
  // The whole object: some managers of passkeys have neither getPublicKey() nor getAuthenticatorData().
  const response = made.response as AuthenticatorAttestationResponse;
  await post(url, {
    client_data: toText(response.clientDataJSON),
    attestation_object: toText(response.attestationObject),
  });
};

const use = async (url: string): Promise<void> => {
  const asked = await ask<Asked>("/passkey/challenge");
  const used = (await navigator.credentials.get({
    publicKey: {
      challenge: toBytes(asked.challenge),
      rpId: asked.party,
      userVerification: "required",
    },
  })) as PublicKeyCredential;
  const response = used.response as AuthenticatorAssertionResponse;
  await post(url, {
    credential: toText(used.rawId),
    client_data: toText(response.clientDataJSON),
    authenticator_data: toText(response.authenticatorData),
    signature: toText(response.signature),
  });
};

const failed = document.querySelector<HTMLElement>("[data-passkey-failed]");

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-passkey-make], [data-passkey-use]")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    if (failed) failed.hidden = true;
    try {
      if (button.dataset.passkeyMake) await make(button.dataset.passkeyMake);
      else await use(button.dataset.passkeyUse ?? "/passkey");
      location.assign("/");
    } catch {
      button.disabled = false;
      if (failed) failed.hidden = false;
    }
  });
}
