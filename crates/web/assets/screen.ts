// The second screen at a desk. Its key is made here and cannot leave this browser; every call is signed with it (RFC 9421). The
// code stands on the page and in no store: it goes when it was used, when somebody touches the screen, or when time is up.

export {};

type Shows =
  | { show: "confirming"; check: string }
  | { show: "ready"; name: string }
  | { show: "code-waits" }
  | { show: "showing" };
type Code = { code: string; until: string; seconds: number };
type Part = "enter" | "confirming" | "ready" | "code";

/** The server said no; the code says why. */
class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

const LOOK_MS = 1500;
/** Without an answer for so long nobody knows whether the code was used: it goes. */
const SILENCE_MAX_MS = 15_000;
const TAG = "genvej-screen-1";

const base64 = (bytes: ArrayBuffer | Uint8Array): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const hex = (bytes: ArrayBuffer): string => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const root = document.querySelector<HTMLElement>("#screen");
if (root) void run(root);

/** The key of this browser: made once, and kept where scripts can use it and not read it. */
function keyPair(): Promise<CryptoKeyPair> {
  return new Promise((resolve, reject) => {
    const open = indexedDB.open("genvej-screen", 1);
    open.onupgradeneeded = () => open.result.createObjectStore("keys");
    open.onerror = () => reject(open.error);
    open.onsuccess = async () => {
      const db = open.result;
      const known = db.transaction("keys").objectStore("keys").get("own");
      known.onerror = () => reject(known.error);
      known.onsuccess = async () => {
        if (known.result) return resolve(known.result as CryptoKeyPair);
        const made = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
        const kept = db.transaction("keys", "readwrite").objectStore("keys").put(made, "own");
        kept.onerror = () => reject(kept.error);
        kept.onsuccess = () => resolve(made);
      };
    };
  });
}

async function run(screen: HTMLElement): Promise<void> {
  const find = <E extends HTMLElement>(selector: string): E => {
    const found = screen.querySelector<E>(selector);
    if (!found) throw new Error(selector);
    return found;
  };
  const pair = await keyPair();
  const publicKey = await crypto.subtle.exportKey("raw", pair.publicKey);
  const keyid = hex(await crypto.subtle.digest("SHA-256", publicKey));
  let nonce = "";
  let shown: { until: number; text: string } | undefined;
  let heard = performance.now();

  const sign = async (path: string, body: string): Promise<Record<string, string>> => {
    const digest = `sha-256=:${base64(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)))}:`;
    const once = hex(crypto.getRandomValues(new Uint8Array(16)).buffer);
    const parameters = `("@method" "@target-uri" "content-digest" "idempotency-key");keyid="${keyid}";alg="ecdsa-p256-sha256";nonce="${nonce}";tag="${TAG}"`;
    const base = [
      `"@method": POST`,
      `"@target-uri": ${location.origin}${path}`,
      `"content-digest": ${digest}`,
      `"idempotency-key": ${once}`,
      `"@signature-params": ${parameters}`,
    ].join("\n");
    const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, new TextEncoder().encode(base));
    return {
      "content-type": "application/json",
      "content-digest": digest,
      "idempotency-key": once,
      "signature-input": `genvej=${parameters}`,
      signature: `genvej=:${base64(signature)}:`,
    };
  };

  const post = async (path: string, body: string, headers: Record<string, string>): Promise<Response> =>
    fetch(path, { method: "POST", body, headers, cache: "no-store", credentials: "omit" });

  const freshNonce = async (): Promise<void> => {
    const answer = await post("/nonce", JSON.stringify({ keyid }), { "content-type": "application/json" });
    nonce = ((await answer.json()) as { nonce: string }).nonce;
  };

  const call = async <T>(path: string, what: object = {}, again = true): Promise<T> => {
    if (!nonce) await freshNonce();
    const body = JSON.stringify(what);
    const answer = await post(path, body, await sign(path, body));
    nonce = answer.headers.get("genvej-nonce") ?? "";
    heard = performance.now();
    if (answer.ok) return (await answer.json()) as T;
    const problem = (await answer.json().catch(() => ({}))) as { code?: string };
    if (problem.code === "nonce-not-accepted" && again) return call<T>(path, what, false);
    throw new Refused(answer.status, problem.code ?? "");
  };

  const turn = (part: Part): void => {
    for (const section of screen.querySelectorAll<HTMLElement>("[data-part]")) {
      const here = section.dataset.part === part;
      if (here && section.hidden) {
        section.hidden = false;
        section.querySelector<HTMLElement>("h1")?.focus();
      } else if (!here) section.hidden = true;
    }
  };

  const clear = (): void => {
    shown = undefined;
    find("[data-code]").textContent = "";
    find("[data-code-until]").textContent = "";
    find("[data-code-left]").textContent = "";
  };

  const hide = async (): Promise<void> => {
    if (!shown) return;
    clear();
    turn("ready");
    await call("/blank").catch(() => undefined);
  };

  const fetchCode = async (): Promise<void> => {
    const code = await call<Code>("/code");
    shown = { until: performance.now() + code.seconds * 1000, text: code.code };
    find("[data-code]").textContent = code.code;
    find("[data-code-until]").textContent = (screen.dataset.until ?? "").replace("TIME", code.until);
    turn("code");
  };

  const look = async (): Promise<void> => {
    const state = await call<Shows>("/state");
    if (state.show !== "showing" && state.show !== "code-waits" && shown) clear();
    switch (state.show) {
      case "confirming":
        find("[data-check]").textContent = state.check.replace(/^(...)/, "$1 ");
        return turn("confirming");
      case "ready":
        find("[data-name]").textContent = state.name;
        return turn("ready");
      case "code-waits":
      case "showing":
        // After a reload the code may be fetched again for a minute.
        if (!shown) await fetchCode().catch(() => turn("ready"));
    }
  };

  const form = find<HTMLFormElement>("form");
  const typed = find<HTMLInputElement>("#pairing-code");
  const error = find("#pairing-error");
  const enter = async (): Promise<void> => {
    error.hidden = true;
    try {
      await call("/pair", { code: typed.value, public_key: hex(publicKey) });
      typed.value = "";
      await look();
    } catch {
      error.textContent = screen.dataset.wrong ?? "";
      error.hidden = false;
      typed.setAttribute("aria-invalid", "true");
      typed.setAttribute("aria-describedby", "pairing-error");
      typed.focus();
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void enter();
  });

  find("[data-part=code]").addEventListener("pointerdown", () => void hide());
  find("[data-hide]").addEventListener("click", () => void hide());
  document.addEventListener("keydown", (event) => {
    if (["Escape", "Enter", " "].includes(event.key)) void hide();
  });
  window.addEventListener("pagehide", clear);

  const tick = (): void => {
    if (!shown) return;
    const left = Math.ceil((shown.until - performance.now()) / 1000);
    if (left <= 0 || performance.now() - heard > SILENCE_MAX_MS) return void hide();
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    find("[data-code-left]").textContent = (screen.dataset.left ?? "").replace("TIME", clock);
  };
  window.setInterval(tick, 500);

  // Scanned: the code stands after the #, which no browser sends.
  const scanned = /^#pair=([A-Za-z0-9]+)$/.exec(location.hash)?.[1];
  if (scanned) {
    history.replaceState(null, "", "/");
    typed.value = scanned;
    turn("enter");
    await enter();
  }
  const away = find("[data-away-note]");
  for (;;) {
    try {
      await look();
      away.hidden = true;
    } catch (failed) {
      if (failed instanceof Refused && failed.status === 401) {
        if (shown) clear();
        turn("enter");
        away.hidden = true;
      } else away.hidden = false;
    }
    await new Promise((resolve) => window.setTimeout(resolve, LOOK_MS));
  }
}
