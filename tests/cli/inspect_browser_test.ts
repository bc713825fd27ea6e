// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The page of `nss server --inspect` in headless Chromium: narrow and wide, light and dark, by
// keyboard, and as assistive software sees it. NSS_SCREENSHOTS names a folder for pictures.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Inspection } from "../../cli/inspect/inspection.ts";
import { type Colours, SCHEMES } from "../../cli/inspect/style.ts";
import { type Bridge, bridge } from "../support/bridge.ts";
import { findChromium, type Tab, withTab } from "../support/peers/chromium.ts";
import { openssl } from "../support/peers/openssl.ts";
import { programVersion, run } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { type Inspector, startInspector } from "./_inspection.ts";
import { ja4OfWire } from "./_ja4.ts";

/** What Chromium needs to reach the server as `localhost`, whose certificate nobody vouches for. */
function browserArgs({ pin }: Inspector): readonly string[] {
  return [
    "--hide-scrollbars",
    `--ignore-certificate-errors-spki-list=${pin}`,
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
  ];
}

/** The contrast of two colours (WCAG 2.2, relative luminance), in a page or here. */
function contrast(one: readonly number[], other: readonly number[]): number {
  const luminance = (colour: readonly number[]): number => {
    const [red = 0, green = 0, blue = 0] = colour.map((byte) => {
      const part = byte / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

const bytesOf = (colour: string) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

Deno.test("inspect: each colour of text has a contrast of 4.5 to 1 on each ground", () => {
  assertEquals(contrast([0, 0, 0], [255, 255, 255]), 21);
  assert(contrast(bytesOf("#777777"), [255, 255, 255]) < 4.5); // 4.48, the usual example
  const grounds: readonly (keyof Colours)[] = ["ground", "card", "soft"];
  for (const [scheme, colours] of Object.entries(SCHEMES)) {
    for (const [name, colour] of Object.entries(colours)) {
      if (name === "line" || grounds.some((ground) => ground === name)) continue;
      for (const ground of grounds) {
        const found = contrast(bytesOf(colour), bytesOf(colours[ground]));
        assert(found >= 4.5, `${scheme}: ${name} on ${ground}: ${found.toFixed(2)}`);
      }
    }
  }
});

/** Finds text whose contrast is too low, as it is drawn. */
const LOW_CONTRAST = `(() => {
  const contrast = ${contrast};
  const bytes = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (text === "" || element.closest("title") || !element.checkVisibility()) continue;
    seen++;
    let ground = element;
    while (ground && bytes(getComputedStyle(ground).backgroundColor)[3] === 0) {
      ground = ground.parentElement;
    }
    const { color, fill } = getComputedStyle(element);
    const ink = bytes(element.closest("svg") ? fill : color);
    const found = contrast(ink.slice(0, 3), bytes(getComputedStyle(ground).backgroundColor));
    if (found < 4.5) low.push(text + ": " + found.toFixed(2));
  }
  return { seen, low };
})()`;

/** A node of the accessibility tree. */
interface AxNode {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
  readonly properties?: readonly { readonly name: string; readonly value: { value: unknown } }[];
}

async function axTree(tab: Tab): Promise<readonly AxNode[]> {
  const { nodes } = await tab.call("Accessibility.getFullAXTree");
  return (nodes as readonly AxNode[]).filter(({ ignored }) => !ignored);
}

async function press(tab: Tab, key: "Tab" | "Enter"): Promise<void> {
  const code = key === "Tab" ? 9 : 13;
  const params = { key, code: key, windowsVirtualKeyCode: code };
  const text = key === "Enter" ? { text: "\r" } : {};
  await tab.call("Input.dispatchKeyEvent", { type: "keyDown", ...params, ...text });
  await tab.call("Input.dispatchKeyEvent", { type: "keyUp", ...params });
}

async function checkLooks(tab: Tab, address: string): Promise<void> {
  const folder = Deno.env.get("NSS_SCREENSHOTS");
  for (const [shape, width] of [["narrow", 360], ["wide", 1280]] as const) {
    for (const scheme of ["light", "dark"]) {
      const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: false };
      await tab.call("Emulation.setDeviceMetricsOverride", metrics);
      const features = [{ name: "prefers-color-scheme", value: scheme }];
      await tab.call("Emulation.setEmulatedMedia", { features });
      await tab.go(address);
      // Also what is folded
      await tab.evaluate(`document.querySelectorAll("details").forEach((one) => one.open = true)`);
      assertEquals(await tab.evaluate("document.documentElement.scrollWidth"), width, shape);
      const { seen, low } = Object(await tab.evaluate(LOW_CONTRAST));
      assertEquals(low, [], `${shape} ${scheme}`);
      assert(seen > 200, `${seen}`);
      assertEquals(tab.events("Log.entryAdded"), []);
      if (folder !== undefined) {
        await tab.go(address);
        const picture = await tab.screenshot({ whole: true });
        await Deno.writeFile(`${folder}/${shape}_${scheme}.png`, picture);
      }
    }
  }
}

async function checkAccessibility(tab: Tab): Promise<void> {
  const nodes = await axTree(tab);
  const roles = nodes.map(({ role }) => role?.value ?? "");
  for (const landmark of ["banner", "navigation", "main", "contentinfo"]) {
    assertEquals(roles.filter((role) => role === landmark).length, 1, landmark);
  }
  for (const { role, name } of nodes) {
    if (
      !/^(?:link|heading|image|img|region|table|navigation|DisclosureTriangle)$/.test(role!.value)
    ) {
      continue;
    }
    assert(name?.value, `a ${role?.value} has no name`);
  }
  const levels = nodes.filter(({ role }) => role?.value === "heading").map(({ properties = [] }) =>
    Number(properties.find(({ name }) => name === "level")?.value.value)
  );
  assertEquals(levels[0], 1);
  assertEquals(levels.filter((level) => level === 1).length, 1);
  assert(levels.every((level, i) => level <= (levels[i - 1] ?? 0) + 1), levels.join());
  assert(roles.includes("columnheader") && roles.includes("rowheader"));
  assertEquals(await tab.evaluate("document.documentElement.lang"), "en");
  assertEquals(await tab.evaluate("document.scripts.length"), 0);
  assertStringIncludes(
    nodes.find(({ role }) => role?.value === "image" || role?.value === "img")!.name!.value,
    "Timeline of 3 flights",
  );
}

async function checkKeyboard(tab: Tab): Promise<void> {
  await press(tab, "Tab");
  assertEquals(await tab.evaluate("document.activeElement.className"), "skip");
  assert(Number(await tab.evaluate("document.activeElement.getBoundingClientRect().left")) >= 0);
  await press(tab, "Enter");
  assertEquals(await tab.evaluate("location.hash"), "#main");
  // From the beginning again, till the focus has been everywhere
  await tab.evaluate(`history.replaceState(null, "", "/"); document.activeElement.blur();
    window.getSelection().empty(); globalThis.reached = new Set(); globalThis.unseen = [];`);
  const all = Number(await tab.evaluate(`document.querySelectorAll("a,summary").length`));
  for (let i = 0; i < all + 2; i++) {
    await press(tab, "Tab");
    await tab.evaluate(`{ const one = document.activeElement; reached.add(one);
      if (one.matches("a:not(.skip),summary") && getComputedStyle(one).outlineStyle === "none") {
        unseen.push(one.textContent);
      } }`);
  }
  const left = `[...document.querySelectorAll("a,summary")].filter((one) => !reached.has(one))
    .map((one) => one.textContent)`;
  assertEquals(await tab.evaluate(left), []);
  assertEquals(await tab.evaluate("unseen"), []);
}

/** Follows a link of the page by the keyboard. */
async function follow(tab: Tab, title: string, isDoor = true): Promise<string> {
  await tab.loaded(async () => {
    const link = `[...document.querySelectorAll("a.button")]
      .find((one) => one.textContent === ${JSON.stringify(title)})`;
    await tab.evaluate(`${link}.focus()`);
    await press(tab, "Enter");
  });
  const current = await tab.evaluate(`document.querySelector("[aria-current]").textContent`);
  if (isDoor) assertEquals(current, title);
  return String(await tab.evaluate("document.querySelector('.facts').innerText"));
}

/**
 * Loads the page again. A browser opens connections ahead, whose handshakes know no ticket yet:
 * they are used up first.
 */
async function loadTillResumed(tab: Tab): Promise<string> {
  let facts = "";
  for (let i = 0; i < 5 && !facts.includes("resumed"); i++) {
    facts = await follow(tab, "Load the page again", false);
  }
  return facts;
}

/** A port before a server, and what the first client has sent to it. */
function tap({ ports }: Inspector): Bridge & { readonly sent: Uint8Array[] } {
  const sent: Uint8Array[] = [];
  const bridged = bridge(async () => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: ports.get("main")! });
    const write = conn.write.bind(conn);
    conn.write = (bytes) => {
      sent.push(bytes.slice());
      return write(bytes);
    };
    return conn;
  });
  return Object.assign(bridged, { sent });
}

/** Compares the fingerprint that the page tells with that of what has passed a port before it. */
async function checkFingerprint(
  server: Inspector,
  pattern: RegExp,
  visit: (port: number) => Promise<string>,
): Promise<void> {
  await using tapped = tap(server);
  const { ja4 } = JSON.parse(await visit(tapped.port)) as Inspection;
  assertEquals(ja4, await ja4OfWire(new Uint8Array(tapped.sent.flatMap((one) => [...one]))));
  assertMatch(ja4, pattern);
}

const { availability } = await findChromium();

if (availability.ok) {
  Deno.test("inspect: the page in Chromium: looks, accessibility, keyboard, doors, resumption, JA4", async () => {
    await using server = await startInspector();
    const address = `https://localhost:${server.ports.get("main")}/`;
    await withTab("about:blank", async (tab) => {
      await tab.call("Log.enable");
      await checkLooks(tab, address);
      await tab.go(address);
      await checkAccessibility(tab);
      await checkKeyboard(tab);
      assertMatch(String(await tab.evaluate("document.body.innerText")), /GREASE/);
      assertMatch(await follow(tab, "TLS 1.2 only"), /TLS 1\.2/);
      assertMatch(await follow(tab, "secp384r1 only"), /full, after a HelloRetryRequest/);
      assertMatch(await follow(tab, "TLS 1.3 only"), /TLS 1\.3[^]*full/);
      assertMatch(await loadTillResumed(tab), /resumed/);
      assertEquals(tab.events("Log.entryAdded"), []);
      await checkFingerprint(server, /^t13d\d{4}h2_/, async (port) => {
        await tab.go(`https://localhost:${port}/json`);
        return String(await tab.evaluate("document.body.innerText"));
      });
    }, { more: browserArgs(server) });
    assertEquals(server.failures, []);
  });
} else skip("inspect: the page in Chromium", availability.reason);

const opensslFound = await openssl.available();
if (opensslFound.ok) {
  Deno.test("inspect: JA4 of openssl s_client is that of its bytes", async () => {
    await using server = await startInspector();
    await checkFingerprint(server, /^t12i\d{4}h1_/, async (port) => {
      const { stdout } = await run("openssl", {
        args: [
          ...["s_client", "-connect", `127.0.0.1:${port}`, "-quiet", "-ign_eof", "-tls1_2"],
          ...["-noservername", "-alpn", "http/1.1"],
        ],
        input: "GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n",
      });
      return stdout.split("\r\n\r\n")[1] ?? "";
    });
  });
} else skip("inspect: JA4 of openssl s_client", opensslFound.reason);

const curlFound = await programVersion("curl", ["--version"], /^curl (\S+)/m);
if (curlFound.ok) {
  Deno.test("inspect: JA4 of curl is that of its bytes", async () => {
    await using server = await startInspector();
    await checkFingerprint(server, /^t13d\d{4}h2_/, async (port) => {
      const { stdout } = await run("curl", {
        args: ["--silent", "--insecure", `https://localhost:${port}/json`],
      });
      return stdout;
    });
  });
} else skip("inspect: JA4 of curl", curlFound.reason);
