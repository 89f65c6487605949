// The sandbox opens, its phones stand on the table, and a ready phone says so, in real Chromium.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, choose, picture, shown, start } from "./sandbox.mjs";

let sandbox;
before(async () => {
  sandbox = await start();
}, { timeout: 180_000 });
after(async () => sandbox?.stop());

for (const [size, viewport] of [["phone", PHONE], ["desktop", DESKTOP]]) {
  test(`the start page leads to a phone that is ready for use, at ${size} width`, async () => {
    const page = await sandbox.page(viewport);
    const { phone } = await choose(page, sandbox.home, "Bo");
    await page.getByRole("heading", { name: "Get a locked app back into use" }).waitFor();
    await picture(page, `start-${size}`);

    const app = await sandbox.page(viewport);
    await shown(app, phone, app.getByRole("button", { name: "Open with PIN code" }));

    await app.getByRole("heading", { name: "Ready for use" }).waitFor();
    assert.match(await app.locator("body").innerText(), /Nobody will ever call you and ask for a code\./);
    await picture(app, `ready-${size}`);
  });
}
