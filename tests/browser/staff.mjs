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

/** The code on the screen that is turned to the person. */
export async function revealed(desk, shots) {
  await desk.locator("main .btn").first().click();
  const digits = desk.locator(".reveal");
  await digits.waitFor();
  await picture(desk, `${shots}-10-revealed`);
  return (await digits.innerText()).replaceAll(/\D/g, "");
}
