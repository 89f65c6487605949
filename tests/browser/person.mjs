// What the person with the phone does, through the pages alone. Selectors are the names that a person sees.
import assert from "node:assert/strict";
import { picture, typePin } from "./sandbox.mjs";

const SLOW = { timeout: 45_000 };

export function press(page, name) {
  return page.getByRole("button", { name }).first().click();
}

/** Waits until the screen of the phone has this heading. */
export async function heading(app, name) {
  await app.getByRole("heading", { name, level: 1 }).waitFor(SLOW);
}

/** From a locked or ready app to the question which document it is. */
async function agrees(app) {
  await press(app, /Use passport or ID card/);
  await press(app, "I agree to the face comparison");
}

/** Types what stands on the document that lies in the drawer of the start page. */
export async function typeDocument(app, printed) {
  await heading(app, "What does the document say?");
  await app.locator("[name=number]").fill(printed.Number);
  await app.locator("[name=birth]").fill(printed.Born);
  await app.locator("[name=expiry]").fill(printed["Valid until"]);
  await press(app, "Continue");
  await heading(app, "Hold the phone on the chip");
}

/** What is printed on the first document of the chosen person. */
export async function printedOn(start) {
  const printed = {};
  for (const row of await start.locator("form.document").first().locator("dl.printed > div").all()) {
    printed[(await row.locator("dt").innerText()).trim()] = (await row.locator("dd").innerText()).trim();
  }
  return printed;
}

/** Lays the first document of the chosen person on the phone, as it is or otherwise. */
export async function hold(start, { make, face } = {}) {
  const document = start.locator("form.document").first();
  if (make !== undefined || face !== undefined) {
    await document.locator("details summary").click();
    if (make !== undefined) await document.locator("select[name=make]").selectOption(make);
    if (face !== undefined) await document.locator("select[name=face]").selectOption(face);
  }
  await document.getByRole("button", { name: "Hold it to the phone" }).click();
}

/** Up to the face step, by a document with a national number or by a P code. */
export async function readsChip(app, start, { pCode, shots } = {}) {
  await agrees(app);
  if (shots) await picture(app, `${shots}-1-document`);
  await press(app, pCode === undefined ? /Danish passport/ : /from another country/);
  if (pCode !== undefined) {
    await heading(app, "Type your P code");
    await app.locator("[name=code]").fill(pCode);
    await press(app, "Continue");
  }
  await typeDocument(app, await printedOn(start));
  if (shots) await picture(app, `${shots}-2-hold`);
}

/** Shows the face that is before the camera. */
export async function showsFace(app, { shots } = {}) {
  await heading(app, "Show your face");
  if (shots) await picture(app, `${shots}-3-face`);
  await app.getByRole("button", { name: /^Start/ }).click();
}

/** Types the new PIN twice and comes back to the front page. */
export async function choosesPin(app, pin, { shots } = {}) {
  await heading(app, "Choose a new PIN code");
  if (shots) await picture(app, `${shots}-4-choose`);
  await typePin(app, pin);
  await heading(app, "Type the new PIN code again");
  await typePin(app, pin);
  await heading(app, "Done");
  if (shots) await picture(app, `${shots}-5-done`);
  await press(app, "To the front page");
  await heading(app, "Ready for use");
}

/** Types the temporary PIN from wherever the app offers it (R12). */
export async function typesTemporaryPin(app, code, { shots } = {}) {
  if (await app.getByRole("heading", { name: "Ready for use", level: 1 }).isVisible()) {
    await press(app, /Menu: Settings/);
    await press(app, /^PIN code/);
    await press(app, "Forgot your PIN?");
  }
  await press(app, /I have a temporary PIN/);
  await heading(app, "Type the temporary PIN");
  await app.locator("[name=code]").fill(code);
  if (shots) await picture(app, `${shots}-3-temporary`);
  await press(app, "Continue");
}

/** The shop asks; the old PIN is refused and the new one approves. */
export async function signsIn(app, start, given, oldPin, newPin) {
  await press(start, `Ask ${given} to sign in`);
  const asked = start.getByText(new RegExp(`${given} types the number \\d{4} in the app`)).first();
  await asked.waitFor(SLOW);
  const [number] = /\d{4}(?= in the app)/.exec(await asked.innerText());
  await press(app, "Type the number");
  await app.locator("[name=digits]").fill(number);
  await press(app, "Continue");
  await heading(app, "Test shop asks you to sign in");
  await press(app, "Approve");
  await typePin(app, oldPin);
  await app.getByText("Wrong PIN code.").first().waitFor(SLOW);
  await typePin(app, newPin);
  await heading(app, "Done");
  assert.match(await app.locator("#screen").innerText(), /You have approved the sign-in to Test shop\./);
  await start.getByText(`${given} signed in: approved with the PIN`).first().waitFor(SLOW);
}

/** The newest message in the inbox of the start page that says this, once it is there. */
export async function message(start, wanted) {
  const found = start.locator("#messages li").filter({ hasText: wanted }).first();
  await found.waitFor(SLOW);
  return found.innerText();
}

/** The temporary PIN that the newest SMS brought. */
export async function temporaryPin(start) {
  const found = start.locator("#messages li").filter({ hasText: /temporary PIN/i }).filter({ hasText: /(^|\s)\d{8}[.\s]/ });
  await found.first().waitFor(SLOW);
  return /(?:^|\s)(\d{8})[.\s]/.exec(await found.first().innerText())[1];
}

/** Number and last day of the driving licence, as the start page tells them: `32046118, valid until 01 05 2031`. */
export function licenceOf(knows) {
  const [, number, day, month, year] = /^(\d+), valid until (\d\d) (\d\d) (\d{4})$/.exec(knows["Driving licence"][0]);
  return { number, until: `${year}-${month}-${day}` };
}

/** What the person answers to a question of the register, asked in Danish or English. */
export function answerTo(question, knows) {
  const said = [
    [/Hvilken adresse|which address/i, "Lived before at"],
    [/hvilken kommune|which municipality/i, "Lived before in"],
    [/måned og hvilket år flyttede|month and year did you move/i, "Moved to the present address in"],
    [/fødsel registreret|birth registered/i, "Birth was registered in"],
    [/din mor født|your mother born/i, "Mother was born on"],
    [/din far født|your father born/i, "Father was born on"],
    [/Hvor mange børn|How many children/i, "Number of children"],
    [/senest gift|last marry/i, "Married in"],
    [/Hvilket navn|Which name/i, "Former name"],
  ].find(([asked]) => asked.test(question));
  if (said) return knows[said[1]][0];
  const child = /barn nummer (\d+)|child number (\d+)/i.exec(question);
  assert.ok(child, `a question nobody can answer: ${question}`);
  return knows["Children were born in"][0].split(", ")[Number(child[1] ?? child[2]) - 1];
}
