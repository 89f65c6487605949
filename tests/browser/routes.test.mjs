// Each of the three routes, from a locked app to a sign-in that the new PIN approves and the old one does not.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import {
  choosesPin, licenceOf, message, press, printedOn, readsChip, showsFace, signsIn, hold, temporaryPin, typesTemporaryPin,
} from "./person.mjs";
import { DESKTOP, PHONE, choose, picture, shown, start } from "./sandbox.mjs";
import { answers, numberIsLost, opensCall, pairs, revealed, staff } from "./staff.mjs";

const OLD_PIN = "740291";
const NEW_PIN = "482915";

// Where several servers share a database, the server reads the chip through the phone: a reading that one of them holds is then
// asked for at the other.
const READ_BY_SERVER = new URL("./out/read-by-server.toml", import.meta.url).pathname;
writeFileSync(READ_BY_SERVER, 'profile = "public-service"\n[chip_face]\nread_by_server = true\n');
const TWO = { servers: 2, policy: READ_BY_SERVER };

for (const [size, viewport, how] of [["phone", PHONE], ["desktop", DESKTOP], ["phone", PHONE, TWO]]) {
  const over = how ? ", over two servers on PostgreSQL" : "";
  // A town for each: who has recovered once meets the rule against chaining the next time.
  for (const [route, walk] of [["chip", byChipAndFace], ["support", bySupport], ["desk", byDesk]]) {
    test(`${route}: a locked app gets a new PIN, at ${size} width${over}`, { timeout: 300_000 }, async () => {
      const sandbox = await start({}, how);
      try {
        const page = await sandbox.page(DESKTOP);
        const { phone, knows } = await choose(page, sandbox.home, "Anna");
        const app = await sandbox.page(PHONE);
        await shown(app, phone, app.getByRole("heading", { name: "Temporarily locked" }));
        const secret = await walk({ sandbox, page, app, knows, viewport, shots: `${route}-${size}${how ? "-two" : ""}` });
        await signsIn(app, page, "Anna", OLD_PIN, NEW_PIN);
        const notice = await message(page, /Your app got a new PIN/);
        const stop = /http:\/\/citizen\.localhost:\d+\/stop\/(\S+)/.exec(notice);
        assert.ok(stop, "the notice has a link that stops it");
        const [phone_, email, national] = ["Phone number", "E-mail", "CPR number"].map((name) => knows[name][0]);
        sandbox.keepsNone({
          "the old PIN": OLD_PIN, "the new PIN": NEW_PIN, "the link that stops it": stop[1],
          "the phone number": phone_, "the e-mail address": email, "the national number": national,
          "the national number without its hyphen": national.replace("-", ""),
          "the address": knows["Lives at"][0].split(",")[0], "the mother's birth date": knows["Mother was born on"][0],
          "the licence": licenceOf(knows).number, ...(secret === undefined ? {} : { "the temporary PIN": secret }),
        });
      } catch (error) {
        await sandbox.picturesOf(`${route}-${size}${how ? "-two" : ""}`);
        throw error;
      } finally {
        await sandbox.stop();
      }
    });
  }
}

async function byChipAndFace({ page, app, viewport, shots }) {
  await app.setViewportSize(viewport);
  await readsChip(app, page, { shots });
  await hold(page);
  await showsFace(app, { shots });
  await choosesPin(app, NEW_PIN, { shots });
}

async function bySupport({ sandbox, page, app, knows, viewport, shots }) {
  const console_ = await opensCall(sandbox, viewport, knows, { shots });
  await answers(console_, knows, { shots: `${shots}-2-question` });
  await console_.getByRole("heading", { name: "Enough answers" }).waitFor();
  await press(console_, /Send/);
  await picture(console_, `${shots}-4-sent`);
  assert.doesNotMatch(await console_.locator("body").innerText(), /\b\d{8}\b/, "an agent sees no code");

  const code = await temporaryPin(page);
  await typesTemporaryPin(app, code, { shots });
  await choosesPin(app, NEW_PIN, {});
  return code;
}

/** The time at which the centre opens next, to which the sandbox moves its clock; while it is open, that is on another day. */
async function nextOpening(booking) {
  await booking.locator(".times").first().waitFor();
  const opening = booking.locator(".times a", { hasText: /^10[.:]00$/ });
  while ((await opening.count()) === 0) {
    const later = await booking.locator('a[href*="?from="]').last().getAttribute("href");
    await booking.goto(new URL(later, booking.url()).href);
  }
  return opening.first();
}

async function byDesk({ sandbox, page, app, knows, viewport, shots }) {
  const booking = await sandbox.page(viewport);
  await booking.goto(await page.getByRole("link", { name: /^book a time at/ }).getAttribute("href"));
  const opening = await nextOpening(booking);
  await picture(booking, `${shots}-1-times`);
  await opening.click();
  await booking.getByLabel("By SMS").check();
  await booking.getByLabel("Your mobile number or e-mail address").fill(knows["Phone number"][0]);
  await picture(booking, `${shots}-2-contact`);
  await press(booking, "Book the appointment");
  await booking.getByRole("heading", { name: "Your appointment is booked" }).waitFor();
  const reference = (await booking.locator(".count").innerText()).trim();
  await picture(booking, `${shots}-3-booked`);
  await message(page, reference);

  await press(page, "To the next opening time");
  const desk = await staff(sandbox, "desk", /Karla Clerk/, viewport);
  await desk.getByLabel(/reference/).fill(reference);
  await picture(desk, `${shots}-4-today`);
  await press(desk, "Check in");
  await desk.getByLabel("Document with a picture").selectOption({ label: "Danish or Greenlandic driving licence, card or app" });
  await desk.getByLabel("Number of the document").fill(licenceOf(knows).number);
  await desk.getByLabel("Valid until and including").fill(licenceOf(knows).until);
  await desk.getByLabel("National number on the document or the proof").fill(knows["CPR number"][0]);
  await desk.getByLabel("Yes").check();
  await picture(desk, `${shots}-5-documents`);
  await press(desk, /Save the documents/);
  await picture(desk, `${shots}-6-proof`);
  await readsAtTheDesk(page, desk, shots);
  await press(desk, /Begin the questions/);
  await answers(desk, knows, { shots: `${shots}-7-question` });
  await desk.getByRole("heading", { name: "Give a temporary PIN" }).waitFor();
  await picture(desk, `${shots}-8-give`);
  // At one width by SMS, at the other on a screen turned to the person.
  const bySms = viewport === DESKTOP;
  let screen;
  if (!bySms) {
    const colleague = await staff(sandbox, "desk", /Kaj Clerk/, viewport);
    const here = desk.url();
    screen = await pairs(sandbox, desk, colleague, shots);
    await desk.goto(here);
    assert.equal(await desk.getByLabel(/^On the second screen/).count(), 0, "one clerk shows nobody a code while SMS is possible");
    await numberIsLost(sandbox, desk, colleague, reference);
  }
  await desk.getByLabel(bySms ? /^By SMS/ : /^On the second screen/).check();
  await press(desk, /Give the code/);
  await picture(desk, `${shots}-9-given`);
  const code = bySms ? await temporaryPin(page) : await revealed(screen, shots);
  await typesTemporaryPin(app, code, { shots });
  if (screen) {
    await screen.getByRole("heading", { name: "Welcome" }).waitFor();
    assert.equal(await screen.locator("[data-code]").innerText(), "", "a used code is on no screen");
  }
  await choosesPin(app, NEW_PIN, {});
  return code;
}

/** The clerk's reader: the passport is laid on it, and the server reads it through the console's page. */
async function readsAtTheDesk(page, desk, shots) {
  const printed = await printedOn(page);
  await page.getByRole("button", { name: "Lay it on the clerk's reader" }).first().click();
  await page.getByText("On the reader:").waitFor();
  const told = (name) => page.locator("#reader + form").locator(`dt:text-is("${name}") + dd`).innerText();
  await desk.getByRole("link", { name: /Read the chip/ }).click();
  await desk.getByLabel("Address of the program").fill(await told("Address"));
  await desk.getByLabel("Code of the program").fill(await told("Code"));
  await desk.locator("#chip-number").fill(printed.Number);
  await desk.locator("#chip-birth").fill(printed.Born);
  await desk.locator("#chip-expiry").fill(printed["Valid until"]);
  await picture(desk, `${shots}-6-chip`);
  await desk.getByRole("button", { name: /Read the chip/ }).click();
  await desk.locator('[data-finding="theirs"]').waitFor({ state: "visible" });
  await picture(desk, `${shots}-6-chip-read`);
  await desk.locator("a.btn.alt", { hasText: "Alt S" }).click();
}
