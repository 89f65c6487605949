// What staff do at their consoles: an agent at Support, a clerk at Citizen Service.
import assert from "node:assert/strict";
import { answerTo, licenceOf, press } from "./person.mjs";
import { picture } from "./sandbox.mjs";

/** Signs a member of staff in at the operator's provider. */
export async function staff(sandbox, site, name, viewport, locale) {
  const console_ = await sandbox.page(viewport, locale);
  await console_.goto(`http://${site}.localhost:${sandbox.port}/`);
  await console_.getByRole("link", { name: /^(Sign in|Log på)$/ }).click();
  await console_.getByRole("button", { name }).first().click();
  // The way back from the provider is a page of its own, which leads on by itself.
  await console_.waitForURL((url) => url.host === `${site}.localhost:${sandbox.port}` && !url.pathname.startsWith("/sign-in"));
  return console_;
}

/** Answers what the console asks for until it asks no more; the first `wrong` answers are wrong. */
export async function answers(console_, knows, { shots, wrong = 0 } = {}) {
  for (let asked = 0; asked < 8; asked += 1) {
    const field = console_.getByLabel(/^(The caller's|The person's) answer/);
    await console_.locator("h1").waitFor();
    if (!(await field.isVisible())) return;
    const question = await console_.locator("p.say").first().innerText();
    await field.fill(asked < wrong ? "1899" : answerTo(question, knows));
    if (shots !== undefined && asked === 0) await picture(console_, shots);
    await press(console_, /Save answer/);
    await console_.waitForLoadState();
  }
  assert.fail("more questions than there may be");
}

/** Signs an agent in and opens a call with the number of the caller's driving licence. */
export async function opensCall(sandbox, viewport, knows, { shots } = {}) {
  const console_ = await staff(sandbox, "support", /Aksel Agent/, viewport);
  await console_.getByRole("heading", { name: "Open a call" }).waitFor();
  if (shots) await picture(console_, `${shots}-0-start`);
  await console_.getByLabel("English").check();
  await press(console_, /Open the call/);
  await console_.getByLabel(/Driving licence/).check();
  const { number: licence } = licenceOf(knows);
  await console_.getByLabel("The number", { exact: true }).fill(licence);
  await console_.getByLabel("The number once more").fill(licence);
  if (shots) await picture(console_, `${shots}-1-number`);
  await press(console_, /Go on/);
  return console_;
}

/** Pairs a second screen: one clerk begins, the device brings code and key, another clerk confirms. */
export async function pairs(sandbox, desk, colleague, shots) {
  await desk.goto(`http://desk.localhost:${sandbox.port}/screens`);
  if (shots) await picture(desk, `${shots}-screens`);
  await desk.getByLabel("What do you call the screen?").fill("Desk 1");
  await desk.getByRole("button", { name: "Pair a screen" }).click();
  const code = (await desk.locator("#pairing-code").innerText()).replaceAll(" ", "");
  if (shots) await picture(desk, `${shots}-pairing`);
  const screen = await sandbox.page(desk.viewportSize());
  await screen.goto(`http://screen.localhost:${sandbox.port}/`);
  await screen.getByRole("heading", { name: "Pair this screen" }).waitFor();
  if (shots) await picture(screen, `${shots}-screen-enter`);
  await screen.getByLabel("The code").fill(code);
  await screen.getByRole("button", { name: "Go on" }).click();
  const check = screen.locator("[data-check]");
  await check.getByText(/\d{3} \d{3}/).waitFor();
  if (shots) await picture(screen, `${shots}-screen-confirm`);
  await colleague.goto(`http://desk.localhost:${sandbox.port}/screens`);
  await colleague.getByLabel("The number on the screen").fill(await check.innerText());
  await colleague.getByRole("button", { name: "Confirm the screen" }).click();
  await colleague.getByRole("button", { name: "End the pairing of Desk 1" }).waitFor();
  await screen.getByRole("heading", { name: "Welcome" }).waitFor();
  if (shots) await picture(screen, `${shots}-screen-ready`);
  return screen;
}

/** The number is lost: a colleague has to see the same before a code is shown. */
export async function numberIsLost(sandbox, desk, colleague, reference) {
  await desk.getByRole("button", { name: /The number is lost/ }).click();
  await desk.getByRole("heading", { name: "A colleague has to see the same" }).waitFor();
  await colleague.goto(`http://desk.localhost:${sandbox.port}/`);
  await colleague.getByRole("link", { name: reference }).click();
  await press(colleague, /I have seen the documents/);
  await desk.getByRole("link", { name: "See whether the colleague has confirmed" }).click();
  await desk.getByText("A colleague has confirmed.").waitFor();
}

/** The code on the second screen, which is turned to the person. */
export async function revealed(screen, shots) {
  const digits = screen.locator("[data-code]");
  await digits.getByText(/\d{4} \d{4}/).waitFor();
  await picture(screen, `${shots}-10-revealed`);
  return (await digits.innerText()).replaceAll(/\D/g, "");
}
