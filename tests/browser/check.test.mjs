// SERVICE.md R5: the check in the app says yes, or no and why, and what to do instead.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { heading, press } from "./person.mjs";
import { DESKTOP, PHONE, choose, english, picture, shown, start } from "./sandbox.mjs";

let sandbox;
before(async () => {
  sandbox = await start();
}, { timeout: 180_000 });
after(async () => sandbox?.stop());

/** Switches the chip reader of the chosen phone. */
async function reader(page, name) {
  const button = page.locator('form[action="/sandbox/reader"]').getByRole("button", { name, exact: true });
  await button.click();
  await page.locator('form[action="/sandbox/reader"] [aria-pressed="true"]').filter({ hasText: name }).waitFor();
}

/** Opens the phone and goes back to its state card. */
async function atHome(app, phone) {
  await shown(app, phone, app.locator("h1"));
  await english(app);
  const open = app.getByRole("button", { name: "Open with PIN code" });
  for (let back = 0; back < 6 && !(await open.isVisible()); back += 1) {
    const before = await app.locator("h1").innerText();
    await press(app, "Back");
    await app.waitForFunction((text) => document.querySelector("h1")?.innerText !== text, before);
  }
  await open.waitFor();
}

for (const [size, viewport] of [["phone", PHONE], ["desktop", DESKTOP]]) {
  test(`a phone without a reader says no, why, and what to do instead, at ${size} width`, { timeout: 120_000 }, async () => {
    const page = await sandbox.page(DESKTOP);
    const { phone } = await choose(page, sandbox.home, "Bo");
    const app = await sandbox.page(viewport);
    await atHome(app, phone);
    await reader(page, "No reader");

    await press(app, /Menu: Settings/);
    await press(app, /Can this phone scan\?/);
    await heading(app, "No, this phone cannot scan now");
    assert.equal(await app.evaluate(() => document.activeElement?.tagName), "H1", "a screen reader begins at the answer");
    const said = await app.locator(".points li").first().innerText();
    assert.match(said, /No:\s+This phone cannot read chips\.[^]*Call Support, or book a time at Citizen Service\./);
    assert.match(await app.locator("#screen").innerText(), /Call \+45|Call \d/, "Support's number");
    assert.match(await app.getByRole("link", { name: "Book a time" }).getAttribute("href"), /\/book$/);
    assert.equal(await app.getByRole("button", { name: /Use passport or ID card/ }).count(), 0);
    await picture(app, `check-no-reader-${size}`);

    await reader(page, "Switched off");
    await press(app, "Check again");
    await app.getByText("Switch NFC on.").waitFor();
    await picture(app, `check-off-${size}`);

    await press(app, "Back");
    await press(app, /^PIN code/);
    await press(app, "Forgot your PIN?");
    await press(app, "Why, and what can I do?");
    await heading(app, "No, this phone cannot scan now");
    await reader(page, "On");
    await press(app, "Check again");
    await heading(app, "Yes, this phone can scan");
    assert.equal(await app.locator(".points .good").count(), 5, await app.locator(".points").innerText());
    await picture(app, `check-yes-${size}`);
    const film = await app.getByRole("link", { name: "See the film on how to scan" }).getAttribute("href");
    assert.equal(film, `http://citizen.localhost:${sandbox.port}/scanning`);

    await press(app, /Use passport or ID card/);
    await heading(app, "Use passport or ID card");
  });
}

test("a machine without a camera is told so", { timeout: 120_000 }, async () => {
  const page = await sandbox.page(DESKTOP);
  const { phone } = await choose(page, sandbox.home, "Bo");
  await page.getByRole("button", { name: "You, by your webcam" }).click();
  const app = await sandbox.page(PHONE);
  await app.addInitScript(() => {
    navigator.mediaDevices.enumerateDevices = async () => [];
  });
  await atHome(app, phone);

  await press(app, /Menu: Settings/);
  await press(app, /Can this phone scan\?/);

  await heading(app, "No, this phone cannot scan now");
  assert.match(await app.locator(".points .bad").innerText(), /The app finds no camera\.[^]*Allow the app to use the camera/);
  await picture(app, "check-no-camera");
});
