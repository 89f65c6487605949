// What else can happen on the way: the other state of the app, refusals with their next step, and the link that stops it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  choosesPin, heading, hold, message, press, printedOn, readsChip, showsFace, signsIn, temporaryPin,
  typesTemporaryPin,
} from "./person.mjs";
import { DESKTOP, PHONE, choose, picture, shown, start } from "./sandbox.mjs";
import { answers, opensCall } from "./staff.mjs";

let sandbox;
before(async () => {
  sandbox = await start();
}, { timeout: 180_000 });
after(async () => sandbox?.stop());

/** A scene in the town: pictures of every page where it goes wrong. */
function scene(name, play) {
  test(name, { timeout: 240_000 }, async () => {
    try {
      await play();
    } catch (error) {
      await sandbox.picturesOf(name.replaceAll(/\W+/g, "-").slice(0, 40));
      throw error;
    }
  });
}

/** The start page with a person chosen, and that person's app. */
async function sits(given, state) {
  const page = await sandbox.page(DESKTOP);
  const { phone, knows } = await choose(page, sandbox.home, given);
  const app = await sandbox.page(PHONE);
  await shown(app, phone, app.getByRole("heading", { name: state, level: 1 }));
  return { page, app, knows };
}

/** The way ends with this code: the page says what happened in words and names the other ways; then the app is as before. */
async function refused(app, page, code, shot) {
  const title = app.locator("h1[data-code]");
  await title.waitFor();
  await picture(app, shot);
  assert.equal(await title.getAttribute("data-code"), code);
  assert.doesNotMatch(await app.locator("#screen").innerText(), /problem-|next-step/, "a text is missing");
  await app.getByText("Call Support").first().waitFor();
  await press(app, "To the front page");
  await page.getByRole("button", { name: "Take it away" }).click();
}

scene("a copied chip is refused, and the app names the other ways", async () => {
  const { page, app } = await sits("Anna", "Temporarily locked");
  await readsChip(app, page);
  await hold(page, { make: "copied" });
  await refused(app, page, "document-not-accepted", "end-copied");
});

scene("a document changed after it was signed is refused", async () => {
  const { page, app } = await sits("Anna", "Temporarily locked");
  await readsChip(app, page);
  await hold(page, { make: "tampered" });
  await refused(app, page, "document-not-accepted", "end-tampered");
});

scene("a wrong document number costs nothing and says what to check", async () => {
  const { page, app } = await sits("Anna", "Temporarily locked");
  await readsChip(app, page);
  await press(app, /It doesn't work/);
  await picture(app, "end-help");
  await press(app, "Change what I typed");
  // What was typed before stands there still (WCAG 2.2, 3.3.7).
  assert.equal(await app.locator("[name=number]").inputValue(), (await printedOn(page)).Number);
  await app.locator("[name=number]").fill("999999999");
  await press(app, "Continue");
  await hold(page, { make: "genuine" });
  await app.getByText("The chip did not open with what you typed.").first().waitFor();
  await picture(app, "end-wrong-number");
});

scene("an app that is ready takes a temporary PIN through its settings, and a stop link freezes it", async () => {
  const { page, app, knows } = await sits("Bo", "Ready for use");
  const agent = await opensCall(sandbox, DESKTOP, knows);
  await answers(agent, knows);
  await press(agent, /Send temporary PIN/);
  const code = await temporaryPin(page);
  await typesTemporaryPin(app, "00000000");
  await app.getByText(/2 tries left/).waitFor();
  await picture(app, "end-wrong-temporary");
  await app.locator("[name=code]").fill(code);
  await press(app, "Continue");
  await choosesPin(app, "482915");
  await signsIn(app, page, "Bo", "385106", "482915");

  await message(page, /Your app got a new PIN/);
  const stop = await sandbox.page(PHONE);
  await stop.goto(await page.locator("#messages a[href*='/stop/']").first().getAttribute("href"));
  await picture(stop, "end-stop");
  await stop.locator("form button").click();
  await picture(stop, "end-stopped");
  await press(app, "To the front page");
  await heading(app, "Stopped for safety");
  await picture(app, "end-frozen");
});

scene("a phone number changed two days ago gets no temporary PIN by SMS", async () => {
  const { knows } = await sits("Mads", "Ready for use");
  const agent = await opensCall(sandbox, DESKTOP, knows);
  await answers(agent, knows);
  await press(agent, /Send temporary PIN/).catch(() => undefined);
  await agent.getByRole("heading", { name: "It is not possible by phone" }).waitFor();
  await picture(agent, "end-new-number");
});

scene("wrong answers end in one sentence that tells nothing", async () => {
  const { page, knows } = await sits("Martin", "Blocked");
  const agent = await opensCall(sandbox, DESKTOP, knows);
  await answers(agent, knows, { wrong: 3 });
  await agent.getByRole("heading", { name: "It is not possible by phone" }).waitFor();
  assert.ok(page);
});

scene("a document of another country opens the way by a P code", async () => {
  const { page, app } = await sits("Mehmet", "Ready for use");
  const pCode = /P code (\d{8})/.exec(await page.locator("main").innerText())[1];
  await press(app, /Menu: Settings/);
  await press(app, /^PIN code/);
  await press(app, "Forgot your PIN?");
  await readsChip(app, page, { pCode });
  await hold(page);
  await showsFace(app);
  await choosesPin(app, "482915");
});
