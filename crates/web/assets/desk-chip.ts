// The chip of a document on the desk: carries commands of the server to the program that lends this machine's reader
// (genvej-desk-reader), and answers back. Nothing is kept but the program's address and token, for this tab.

type Told =
  | {
      next: "send";
      relay: string;
      turn: number;
      new_contact: boolean;
      commands: string[];
      part: "opening" | "data" | "picture" | "proof";
      percent: number;
    }
  | { next: "ended"; finding: string; code?: string };

/** What went wrong, in the words of the page; `field` is the id of the input to look at. */
class Trouble extends Error {
  constructor(
    message: string,
    readonly field = "",
  ) {
    super(message);
  }
}

const LOOK_MS = 500;
/** How long a document is waited for, on the reader and after it left. */
const LOOKS_MAX = 120;

const chip = document.querySelector<HTMLElement>("#chip");
const form = chip?.querySelector("form");
if (chip && form) {
  const find = <E extends HTMLElement>(selector: string): E => {
    const found = chip.querySelector<E>(selector);
    if (!found) throw new Error(selector);
    return found;
  };
  const words = (name: string): string => chip.dataset[name] ?? chip.dataset.failed ?? "";
  const [address, token] = [find<HTMLInputElement>("#chip-address"), find<HTMLInputElement>("#chip-token")];
  const status = find("#chip-status");
  const reading = find("#chip-reading");
  const bar = find<HTMLProgressElement>("progress");
  const button = find<HTMLButtonElement>("button");
  const alarm = find("#chip-error");

  const say = (text: string): void => {
    if (status.textContent !== text) status.textContent = text;
  };

  /** Asks the program of this machine. */
  const local = async (path: string, body: object): Promise<Record<string, unknown>> => {
    let answer: Response;
    try {
      answer = await fetch(`${address.value.trim().replace(/\/$/, "")}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "genvej-desk-reader-token": token.value.trim() },
        body: JSON.stringify(body),
        referrerPolicy: "no-referrer",
        credentials: "omit",
      });
    } catch {
      throw new Trouble(words("unreachable"), "chip-address");
    }
    const told = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
    if (answer.status === 401) throw new Trouble(words("wrongToken"), "chip-token");
    return answer.ok ? told : { code: told.code ?? "fault" };
  };

  /** Asks the server. */
  const server = async (path: string, fields: Record<string, string>): Promise<Told> => {
    const formToken = find<HTMLInputElement>("[name=form_token]").value;
    const answer = await fetch(`/cases/${chip.dataset.case}/chip${path}`, {
      method: "POST",
      body: new URLSearchParams({ form_token: formToken, ...fields }),
    }).catch(() => null);
    const told = (await answer?.json().catch(() => null)) as (Told & { error?: string; field?: string }) | null;
    if (!answer?.ok || !told) throw new Trouble(told?.error ?? words("failed"), told?.field);
    return told;
  };

  const pause = (): Promise<void> => new Promise((done) => window.setTimeout(done, LOOK_MS));

  /** Wakes the chip up, waiting until a document lies there. */
  const connect = async (waiting: string): Promise<string> => {
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      const told = await local("/connect", {});
      if (typeof told.session === "string") return told.session;
      if (told.code === "no-reader") throw new Trouble(words("noReader"));
      if (told.code === "card-in-use") throw new Trouble(words("cardInUse"));
      say(waiting);
      await pause();
    }
    throw new Trouble(words("noCard"));
  };

  /** Carries a whole turn: the program may stop where its answers have grown large, and is asked for the rest. */
  const carry = async (session: string, commands: string[]): Promise<{ answers: string[]; lost: boolean }> => {
    const answers: string[] = [];
    while (answers.length < commands.length) {
      const told = await local("/transmit", { session, commands: commands.slice(answers.length) });
      const got = Array.isArray(told.answers) ? (told.answers as string[]) : [];
      answers.push(...got);
      // Let go, or taken over by another page: as if the chip had left.
      if (told.lost === true || !Array.isArray(told.answers)) return { answers, lost: true };
      if (got.length === 0 || !got[got.length - 1]?.endsWith("9000")) break;
    }
    return { answers, lost: false };
  };

  const read = async (): Promise<void> => {
    const typed = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    let session = "";
    try {
      // Before anything typed is sent: is a reader there at all?
      say(words("contact"));
      session = await connect(words("noCard"));
      let told = await server("", typed);
      reading.hidden = false;
      for (let first = true; told.next === "send"; first = false) {
        say(words(told.part));
        bar.value = told.percent;
        if (told.new_contact && !first) session = await connect(words("again"));
        const { answers, lost } = await carry(session, told.commands);
        told = await server(`/answers/${told.relay}`, {
          turn: String(told.turn),
          answers: answers.join(","),
          lost: lost ? "yes" : "",
        });
      }
      show(told.finding, told.code);
    } finally {
      if (session) void local("/disconnect", { session }).catch(() => null);
    }
  };

  const show = (finding: string, code?: string): void => {
    say("");
    reading.hidden = true;
    form.hidden = true;
    const note = find(`[data-finding="${CSS.escape(finding)}"]`);
    const why = note.querySelector<HTMLElement>("[data-why]");
    if (why && code) why.textContent = code;
    note.hidden = false;
    note.focus();
  };

  const complain = (trouble: Trouble): void => {
    say("");
    reading.hidden = true;
    for (const input of form.querySelectorAll("input")) input.removeAttribute("aria-invalid");
    const link = alarm.querySelector("a");
    const field = trouble.field || "chip-number";
    if (link) {
      link.textContent = trouble.message;
      link.href = `#${field}`;
    }
    if (trouble.field) chip.querySelector(`#${CSS.escape(field)}`)?.setAttribute("aria-invalid", "true");
    alarm.hidden = false;
    alarm.focus();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    alarm.hidden = true;
    sessionStorage.setItem("desk-reader", JSON.stringify([address.value, token.value]));
    read()
      .catch((error: unknown) => complain(error instanceof Trouble ? error : new Trouble(words("failed"))))
      .finally(() => {
        button.disabled = false;
      });
  });

  const [kept, secret] = JSON.parse(sessionStorage.getItem("desk-reader") ?? "[]") as string[];
  if (kept) address.value = kept;
  if (secret) token.value = secret;
  chip.hidden = false;
}
