// Makes and uses passkeys. What the browser hands over is judged by the server alone.

type Asked = { challenge: string; party: string };

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

const ask = async (): Promise<Asked> => (await post("/passkey/challenge", {})).json();

const make = async (url: string): Promise<void> => {
  const asked = await ask();
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: toBytes(asked.challenge),
      rp: { id: asked.party, name: "Genvej" },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name: "Genvej", displayName: "Genvej" },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
    },
  })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  const key = response.getPublicKey();
  if (!key) throw new Error("no public key");
  await post(url, {
    client_data: toText(response.clientDataJSON),
    authenticator_data: toText(response.getAuthenticatorData()),
    public_key: toText(key),
  });
};

const use = async (url: string): Promise<void> => {
  const asked = await ask();
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
