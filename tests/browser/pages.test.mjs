// Every page that a link leads to, in both languages and at both widths, holds the rules of WCAG that a program can check.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, picture, start } from "./sandbox.mjs";
import { staff } from "./staff.mjs";

let sandbox;
before(async () => {
  sandbox = await start();
}, { timeout: 180_000 });
after(async () => sandbox?.stop());

/** Visits what the links of a site lead to, one page of each kind, and looks at each; returns how many. */
async function walk(page, name) {
  const { origin } = new URL(page.url());
  const waiting = [page.url()];
  const kinds = new Set();
  while (waiting.length > 0) {
    const address = waiting.shift();
    const kind = kindOf(address);
    if (kinds.has(kind)) continue;
    kinds.add(kind);
    const answer = await page.goto(address);
    assert.ok(answer.ok(), `${address} answers ${answer.status()}`);
    assert.equal(await page.locator("h1").count(), 1, `${address} has one heading of the first level`);
    assert.doesNotMatch(await page.locator("body").innerText(), /\{ ?\$|problem-[a-z-]+-title/, `${address}: a text is missing`);
    await picture(page, `page-${name}-${kinds.size}${kind.replaceAll(/\W+/g, "-")}`);
    for (const link of await page.locator("a[href]").evaluateAll((links) => links.map((it) => it.href))) {
      const to = new URL(link);
      // The calendar file and the film are no pages, and the language is chosen by the caller.
      if (to.origin === origin && !/^\/(language|assets|sign-in\/provider)|\/calendar$/.test(to.pathname)) waiting.push(to.href.split("#")[0]);
    }
  }
  return kinds.size;
}

/** Pages that differ only in which centre, time or week they are about are one kind. */
function kindOf(address) {
  const { pathname } = new URL(address);
  return pathname.replaceAll(/\/(c?\d{3,}|[0-9a-f]{32})/g, "/…");
}

for (const [size, viewport] of [["phone", PHONE], ["desktop", DESKTOP]]) {
  for (const [language, locale] of [["da", "da-DK"], ["en", "en-GB"]]) {
    test(`the citizen pages, ${language}, at ${size} width`, { timeout: 240_000 }, async () => {
      const page = await sandbox.page(viewport, locale);
      await page.goto(`http://citizen.localhost:${sandbox.port}/`);
      assert.equal(await page.locator("html").getAttribute("lang"), language);
      assert.ok((await walk(page, `citizen-${language}-${size}`)) >= 8);
    });

    for (const [site, who, least] of [["support", /Aksel|Signe/, 4], ["desk", /Karla/, 1]]) {
      test(`the pages of ${site}, ${language}, at ${size} width`, { timeout: 240_000 }, async () => {
        const page = await staff(sandbox, site, who, viewport, locale);
        await page.locator("h1").waitFor();
        assert.ok((await walk(page, `${site}-${language}-${size}`)) >= least);
      });
    }
  }
}
